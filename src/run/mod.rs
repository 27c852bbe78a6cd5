//! Floor 8: one run: its directory, its record, and what the job leaves in it.

mod about;
mod artifacts;
mod aside;
mod beside;
mod checkpoints;
mod files;
mod foreign;
mod handle;
mod home;
mod id;
mod lease;
mod list;
mod loggable;
mod metrics;
mod observer;
mod outcome;
mod packed;
mod place;
mod rank;
mod record;
mod reporting;
mod reserve;
mod running;
mod surroundings;
mod truth;
mod withheld;

pub use about::About;
pub use artifacts::Artifact;
pub use checkpoints::{Checkpoint, Checkpoints};
pub use files::{CONFIG, HYDRA, OVERRIDES, RESOLVED, RUN};
pub use handle::Run;
pub use id::RunId;
#[cfg(feature = "app")]
pub(crate) use lease::give_back_all;
pub use lease::{Lease, Mandate, Tenant};
#[cfg(all(unix, feature = "app"))]
pub(crate) use lease::{beat_beside, rouse};
pub use list::{Found, list};
#[cfg(feature = "app")]
pub(crate) use list::{has_record, list_without};
pub use loggable::{Number, Param, Step};
#[cfg(feature = "app")]
pub(crate) use metrics::METRICS;
#[cfg(feature = "app")]
pub(crate) use metrics::readable_metrics;
pub use metrics::{Metric, metrics, params};
pub use outcome::{EarlyStop, Failure, Outcome, Status};
#[cfg(feature = "app")]
pub(crate) use packed::PackedRuns;
pub use packed::{Pack, Packed, RECORDS};
pub use place::Place;
pub use rank::Rank;
#[cfg(feature = "app")]
pub(crate) use rank::rank_in;
pub use record::Record;
#[cfg(feature = "app")]
pub(crate) use reporting::{Reporting, last_report, reports};
pub use reserve::{Reserved, Told};
pub use running::Running;
#[cfg(feature = "app")]
pub(crate) use surroundings::program;
pub use surroundings::{Surroundings, surroundings};
pub use withheld::refuse_withheld;
