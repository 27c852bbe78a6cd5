//! Launchers and sweepers: what their configs may hold.

use crate::settings::shape::Field;
use crate::settings::shape::Shape::{self, Any, Bool, Dict, Float, Int, List, Optional, Str, Struct};

const OPTIONAL_BOOL: Shape = Optional(&Bool);
const OPTIONAL_INT: Shape = Optional(&Int);
const OPTIONAL_FLOAT: Shape = Optional(&Float);
const OPTIONAL_STR: Shape = Optional(&Str);
const OPTIONAL_ANY: Shape = Optional(&Any);
const TARGET: Field = ("_target_", Str);
const SEED: Field = ("seed", OPTIONAL_INT);

/// The type of a built-in launcher, sweeper or sampler.
pub(crate) fn plugin(config_path: &str) -> Option<&'static Shape> {
    let (group, option) = config_path.rsplit_once('/')?;
    Some(match (group, option) {
        ("hydra/launcher", "basic") => &Struct("the launcher `basic`", &[TARGET]),
        ("hydra/launcher", "joblib") => &Struct("the launcher `joblib`", JOBLIB),
        ("hydra/launcher", "submitit_local") => &Struct("the launcher `submitit_local`", SUBMITIT_LOCAL),
        ("hydra/launcher", "submitit_slurm") => &Struct("the launcher `submitit_slurm`", SUBMITIT_SLURM),
        ("hydra/sweeper", "basic") => &Struct("the sweeper `basic`", BASIC),
        ("hydra/sweeper", "ax") => &Struct("the sweeper `ax`", AX),
        ("hydra/sweeper", "nevergrad") => &Struct("the sweeper `nevergrad`", NEVERGRAD),
        ("hydra/sweeper", "optuna") => &Struct("the sweeper `optuna`", OPTUNA),
        ("hydra/sweeper/sampler", "cmaes") => &Struct("the sampler `cmaes`", CMAES),
        ("hydra/sweeper/sampler", "gp") => &Struct("the sampler `gp`", GP),
        ("hydra/sweeper/sampler", "grid") => {
            &Struct("the sampler `grid`", &[TARGET, ("_partial_", Bool), SEED])
        }
        ("hydra/sweeper/sampler", "motpe") => &Struct("the sampler `motpe`", &[TARGET]),
        ("hydra/sweeper/sampler", "nsgaii") => &Struct("the sampler `nsgaii`", NSGAII),
        ("hydra/sweeper/sampler", "nsgaiii") => &Struct("the sampler `nsgaiii`", NSGAIII),
        ("hydra/sweeper/sampler", "qmc") => &Struct("the sampler `qmc`", QMC),
        ("hydra/sweeper/sampler", "random") => &Struct("the sampler `random`", &[TARGET, SEED]),
        ("hydra/sweeper/sampler", "tpe") => &Struct("the sampler `tpe`", TPE),
        _ => return None,
    })
}

const JOBLIB: &[Field] = &[
    TARGET,
    ("n_jobs", Int),
    ("inner_max_num_threads", OPTIONAL_INT),
    ("backend", OPTIONAL_STR),
    ("prefer", Str),
    ("require", OPTIONAL_STR),
    ("verbose", Int),
    ("timeout", OPTIONAL_FLOAT),
    ("pre_dispatch", Str),
    ("batch_size", Str),
    ("temp_folder", OPTIONAL_STR),
    ("max_nbytes", OPTIONAL_STR),
    ("mmap_mode", Str),
];

const SUBMITIT_LOCAL: &[Field] = &[
    ("submitit_folder", Str),
    ("timeout_min", Int),
    ("cpus_per_task", OPTIONAL_INT),
    ("gpus_per_node", OPTIONAL_INT),
    ("tasks_per_node", OPTIONAL_INT),
    ("mem_gb", OPTIONAL_INT),
    ("nodes", Int),
    ("name", Str),
    ("stderr_to_stdout", Bool),
    TARGET,
];

const SUBMITIT_SLURM: &[Field] = &[
    ("submitit_folder", Str),
    ("timeout_min", Int),
    ("cpus_per_task", OPTIONAL_INT),
    ("gpus_per_node", OPTIONAL_INT),
    ("tasks_per_node", OPTIONAL_INT),
    ("mem_gb", OPTIONAL_INT),
    ("nodes", Int),
    ("name", Str),
    ("stderr_to_stdout", Bool),
    TARGET,
    ("partition", OPTIONAL_STR),
    ("qos", OPTIONAL_STR),
    ("comment", OPTIONAL_STR),
    ("constraint", OPTIONAL_STR),
    ("exclude", OPTIONAL_STR),
    ("gres", OPTIONAL_STR),
    ("cpus_per_gpu", OPTIONAL_INT),
    ("gpus_per_task", OPTIONAL_INT),
    ("mem_per_gpu", OPTIONAL_STR),
    ("mem_per_cpu", OPTIONAL_STR),
    ("account", OPTIONAL_STR),
    ("signal_delay_s", Int),
    ("max_num_timeout", Int),
    ("python", OPTIONAL_STR),
    ("additional_parameters", Dict(&Any)),
    ("array_parallelism", Int),
    ("setup", Optional(&List(&Str))),
    ("srun_args", Optional(&List(&Str))),
    ("use_srun", Bool),
];

const BASIC: &[Field] = &[TARGET, ("max_batch_size", OPTIONAL_INT), ("params", Optional(&Dict(&Str)))];

const AX: &[Field] = &[
    TARGET,
    ("max_batch_size", OPTIONAL_INT),
    (
        "ax_config",
        Struct(
            "ax_config",
            &[
                ("max_trials", Int),
                ("early_stop", Struct("early_stop", AX_EARLY_STOP)),
                ("experiment", Struct("experiment", AX_EXPERIMENT)),
                ("client", Struct("client", &[("verbose_logging", Bool), ("random_seed", OPTIONAL_INT)])),
                ("params", Dict(&Any)),
                ("is_noisy", Bool),
            ],
        ),
    ),
];

const AX_EARLY_STOP: &[Field] =
    &[("minimize", Bool), ("max_epochs_without_improvement", Int), ("epsilon", Float)];

const AX_EXPERIMENT: &[Field] = &[
    ("name", OPTIONAL_STR),
    ("objective_name", Str),
    ("minimize", Bool),
    ("parameter_constraints", Optional(&List(&Str))),
    ("outcome_constraints", Optional(&List(&Str))),
    ("status_quo", Optional(&Dict(&Any))),
];

const NEVERGRAD: &[Field] = &[
    TARGET,
    (
        "optim",
        Struct(
            "optim",
            &[
                ("optimizer", Str),
                ("budget", Int),
                ("num_workers", Int),
                ("noisy", Bool),
                ("maximize", Bool),
                SEED,
                ("max_failure_rate", Float),
            ],
        ),
    ),
    ("parametrization", Optional(&Dict(&Any))),
    ("params", Optional(&Dict(&Any))),
];

const OPTUNA: &[Field] = &[
    TARGET,
    // Typed by the option that is chosen.
    ("sampler", Any),
    ("direction", Any),
    ("storage", OPTIONAL_ANY),
    ("study_name", OPTIONAL_STR),
    ("n_trials", Int),
    ("n_jobs", Int),
    ("max_failure_rate", Float),
    ("params", Optional(&Dict(&Str))),
    ("custom_search_space", OPTIONAL_STR),
    // Of older releases, and not in the config unless somebody writes it.
    ("search_space", Optional(&Dict(&Any))),
];

const CMAES: &[Field] = &[
    TARGET,
    SEED,
    ("x0", Optional(&Dict(&Any))),
    ("sigma0", OPTIONAL_FLOAT),
    ("n_startup_trials", Int),
    ("independent_sampler", OPTIONAL_ANY),
    ("warn_independent_sampling", Bool),
    ("consider_pruned_trials", Bool),
    ("restart_strategy", OPTIONAL_ANY),
    ("popsize", OPTIONAL_INT),
    ("inc_popsize", Int),
    ("use_separable_cma", Bool),
    ("with_margin", Bool),
    ("lr_adapt", Bool),
    ("source_trials", OPTIONAL_ANY),
];

const GP: &[Field] = &[
    TARGET,
    SEED,
    ("independent_sampler", OPTIONAL_ANY),
    ("n_startup_trials", Int),
    ("deterministic_objective", Bool),
    ("constraints_func", OPTIONAL_ANY),
    ("warn_independent_sampling", Bool),
];

const NSGAII: &[Field] = &[
    TARGET,
    SEED,
    ("population_size", Int),
    ("mutation_prob", OPTIONAL_FLOAT),
    ("mutation", OPTIONAL_ANY),
    ("crossover", OPTIONAL_ANY),
    ("crossover_prob", Float),
    ("swapping_prob", Float),
    ("constraints_func", OPTIONAL_ANY),
];

const NSGAIII: &[Field] = &[
    TARGET,
    SEED,
    ("population_size", Int),
    ("mutation_prob", OPTIONAL_FLOAT),
    ("mutation", OPTIONAL_ANY),
    ("crossover", OPTIONAL_ANY),
    ("crossover_prob", Float),
    ("swapping_prob", Float),
    ("constraints_func", OPTIONAL_ANY),
    ("reference_points", Optional(&List(&List(&Float)))),
    ("dividing_parameter", Int),
];

const QMC: &[Field] = &[
    TARGET,
    SEED,
    ("qmc_type", Str),
    ("scramble", Bool),
    ("independent_sampler", OPTIONAL_ANY),
    ("warn_asynchronous_seeding", Bool),
    ("warn_independent_sampling", Bool),
];

const TPE: &[Field] = &[
    TARGET,
    SEED,
    ("consider_prior", OPTIONAL_BOOL),
    ("prior_weight", OPTIONAL_FLOAT),
    ("consider_magic_clip", OPTIONAL_BOOL),
    ("consider_endpoints", OPTIONAL_BOOL),
    ("n_startup_trials", Int),
    ("n_ei_candidates", Int),
    ("multivariate", Bool),
    ("group", Bool),
    ("warn_independent_sampling", OPTIONAL_BOOL),
    ("constant_liar", Bool),
    ("constraints_func", OPTIONAL_ANY),
];
