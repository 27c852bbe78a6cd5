//! The nodes `hydra` and `mainstem`: what may stand in them.

use crate::settings::shape::Field;
use crate::settings::shape::Shape::{self, Any, Bool, Dict, Float, Int, List, OneOf, Optional, Str, Struct};

/// The `hydra` node. `launcher` and `sweeper` get their types from the option that is chosen.
pub(crate) static HYDRA_NODE: Shape = Struct(
    "the hydra node",
    &[
        ("mode", Optional(&OneOf(&["RUN", "MULTIRUN"]))),
        ("searchpath", List(&Str)),
        ("run", Struct("hydra.run", &[("dir", Str)])),
        ("sweep", Struct("hydra.sweep", &[("dir", Str), ("subdir", Str)])),
        ("hydra_logging", Dict(&Any)),
        ("job_logging", Dict(&Any)),
        ("sweeper", Any),
        ("launcher", Any),
        ("callbacks", Dict(&Any)),
        ("help", Struct("hydra.help", HELP)),
        ("hydra_help", Struct("hydra.hydra_help", &[("hydra_help", Str), ("template", Str)])),
        ("output_subdir", Optional(&Str)),
        ("aliases", Dict(&Str)),
        ("overrides", Struct("hydra.overrides", &[("hydra", List(&Str)), ("task", List(&Str))])),
        ("job", Struct("hydra.job", JOB)),
        ("runtime", Struct("hydra.runtime", RUNTIME)),
        ("verbose", Any),
        // No field, but the group `hydra/env` puts it there.
        ("env", Any),
    ],
);

/// The `mainstem` node: what Hydra's has no place for.
pub(crate) static MAINSTEM_NODE: Shape = Struct(
    "the mainstem node",
    &[
        ("run", Struct("mainstem.run", RUN)),
        ("sweep", Struct("mainstem.sweep", SWEEP)),
        ("slurm", Struct("mainstem.slurm", SLURM)),
        ("search", Struct("mainstem.search", SEARCH)),
    ],
);

const RUN: &[Field] = &[
    ("project", Optional(&Str)),
    ("tags", List(&Str)),
    ("note", Optional(&Str)),
    ("environment", List(&Str)),
    ("checkpoint", Optional(&Str)),
    ("reads_config", Bool),
    ("booleans", OneOf(&["switch", "no", "value"])),
    ("result", Optional(&Str)),
];

const SWEEP: &[Field] = &[
    ("max_failures", Optional(&Int)),
    ("first_failures", Optional(&Int)),
    ("retries", Int),
    ("backoff", Float),
    ("timeout", Optional(&Float)),
    ("retry_failed", Bool),
    ("skip_completed", Any),
    ("gpus", Optional(&List(&Str))),
    ("zip", Optional(&List(&List(&Str)))),
    ("grids", Optional(&List(&Dict(&Any)))),
    ("jobs", Optional(&Str)),
    ("when", Optional(&Dict(&Dict(&Any)))),
    ("record", OneOf(&["full", "compact"])),
    ("substitute", Bool),
    ("seed", Int),
];

const SEARCH: &[Field] = &[
    ("trials", Optional(&Int)),
    ("sampler", Str),
    ("seed", Optional(&Int)),
    ("direction", Any),
    ("metric", Any),
    ("pruner", Any),
    ("fields", Optional(&List(&Str))),
    ("first", Optional(&List(&Dict(&Any)))),
    ("from", Any),
];

/// What says where a search tries next.
pub(crate) const SAMPLERS: [&str; 7] = ["auto", "tpe", "cmaes", "random", "sobol", "grid", "nsga2"];
/// What stops jobs of a search early.
pub(crate) const PRUNERS: [&str; 4] = ["median", "percentile", "asha", "hyperband"];

/// The words that the value of a setting can be beside other values, or that only a search knows.
pub(crate) fn words(key: &str) -> &'static [&'static str] {
    match key {
        "mainstem.search.sampler" => &SAMPLERS,
        "mainstem.search.pruner" => &PRUNERS,
        "mainstem.search.direction" => &["minimize", "maximize"],
        _ => &[],
    }
}

const SLURM: &[Field] = &[
    ("detach", Bool),
    ("driver", Bool),
    ("single", Bool),
    ("jobs_per_task", Int),
    ("jobs_at_a_time", Int),
    ("container", List(&Str)),
    ("snapshot", OneOf(&["files", "worktree", "none"])),
    ("largest_array", Optional(&Int)),
    ("max_queued", Optional(&Int)),
];

const HELP: &[Field] = &[("app_name", Str), ("header", Str), ("footer", Str), ("template", Str)];

const JOB: &[Field] = &[
    ("name", Str),
    ("chdir", Optional(&Bool)),
    ("override_dirname", Str),
    ("id", Str),
    ("num", Int),
    ("config_name", Optional(&Str)),
    ("env_set", Dict(&Str)),
    ("env_copy", List(&Str)),
    ("config", Struct("hydra.job.config", &[("override_dirname", Struct("override_dirname", DIRNAME))])),
];

const DIRNAME: &[Field] = &[("kv_sep", Str), ("item_sep", Str), ("exclude_keys", List(&Str))];

const RUNTIME: &[Field] = &[
    ("version", Str),
    ("version_base", Str),
    ("cwd", Str),
    ("config_sources", List(&Struct("a source", &[("path", Str), ("schema", Str), ("provider", Str)]))),
    ("output_dir", Str),
    ("choices", Dict(&Any)),
];
