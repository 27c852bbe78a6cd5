//! The counterpart of Hydra's `PickleJobInfoCallback`: what a job came to, as JSON beside its config.

use std::io::Write as _;

use crate::app::program::bound::Bound;
use crate::app::program::callback::Callback;
use crate::app::program::outcome::Failed;
use crate::durable::{Sync, write_whole_with};
use crate::run::{Outcome, Run};
use crate::typed::Registry;
use crate::value::{JsonStyle, Map, Node, write_json};

/// What it is registered under, beside Hydra's path.
pub(super) const NAME: &str = "job_info";

/// What it writes, in the folder of the record. The config lies there already.
const FILE: &str = "job_return.json";

struct JobInfo;

pub(super) fn register(registry: Registry<dyn Callback>) -> Registry<dyn Callback> {
    registry
        .with(NAME, |(): ()| Box::new(JobInfo))
        .alias("hydra.experimental.callbacks.PickleJobInfoCallback")
        .alias("hydra.experimental.pickle_job_info_callback.PickleJobInfoCallback")
}

impl Callback for JobInfo {
    fn on_job_end(&mut self, config: &Bound, run: &Run, outcome: &Outcome) -> Result<(), Failed> {
        // Who wants no record wants none of this.
        let Some(folder) = run.record_dir() else { return Ok(()) };
        let result = match outcome {
            Outcome::Completed(result) => result.clone(),
            _ => None,
        };
        let info = Node::from(Map::from([
            ("task_name", config.select("hydra.job.name")?.unwrap_or_else(Node::null)),
            ("status", Node::from(outcome.status().name())),
            ("return_value", result.unwrap_or_else(Node::null)),
            ("error", outcome.error()),
            ("output_dir", Node::from(run.dir().to_string_lossy().as_ref())),
        ]));
        let mut json = String::new();
        write_json(&info, JsonStyle::Pretty, &mut json);
        json.push('\n');
        Ok(write_whole_with(&folder.join(FILE), Sync::Later, |file| file.write_all(json.as_bytes()))?)
    }
}
