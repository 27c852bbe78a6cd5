//! The texts of the built-in configs.

/// A config path and its text.
pub(crate) type File = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("builtin/", $path, ".yaml")))),*]
    };
}

/// What Hydra ships as files: they come first in the search path, so that nothing shadows them.
pub(crate) static HYDRA: &[File] = files! {
    "hydra/env/default"
    "hydra/help/default"
    "hydra/hydra_help/default"
    "hydra/hydra_logging/default"
    "hydra/hydra_logging/disabled"
    "hydra/hydra_logging/hydra_debug"
    "hydra/hydra_logging/none"
    "hydra/job_logging/default"
    "hydra/job_logging/disabled"
    "hydra/job_logging/none"
    "hydra/job_logging/stdout"
    "hydra/output/default"
};

/// What the colorlog plugin ships: behind the directory of the primary config.
pub(crate) static COLORLOG: &[File] = files! {
    "hydra/hydra_logging/colorlog"
    "hydra/job_logging/colorlog"
};

/// What Hydra and its plugins register in code: it comes last, so that a file of the same path shadows it.
pub(crate) static STORE: &[File] = files! {
    "hydra/config"
    "hydra/launcher/basic"
    "hydra/launcher/joblib"
    "hydra/launcher/submitit_local"
    "hydra/launcher/submitit_slurm"
    "hydra/sweeper/ax"
    "hydra/sweeper/basic"
    "hydra/sweeper/nevergrad"
    "hydra/sweeper/optuna"
    "hydra/sweeper/sampler/cmaes"
    "hydra/sweeper/sampler/gp"
    "hydra/sweeper/sampler/grid"
    "hydra/sweeper/sampler/motpe"
    "hydra/sweeper/sampler/nsgaii"
    "hydra/sweeper/sampler/nsgaiii"
    "hydra/sweeper/sampler/qmc"
    "hydra/sweeper/sampler/random"
    "hydra/sweeper/sampler/tpe"
    "mainstem/config"
};
