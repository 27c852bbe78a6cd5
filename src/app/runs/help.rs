//! Help, by examples.

pub(crate) const TEXT: &str = "\
mainstem runs: what ran, and what came of it.

  mainstem runs ls                                       all runs below this directory, the oldest first
  mainstem runs ls 'lr<0.1 and status=failed'            those of a kind
  mainstem runs ls --sort -accuracy --limit 5            the best five
  mainstem runs ls --columns model.name,accuracy,tags    with more columns
  mainstem runs show outputs/2026-11-24/12-30-00         all that is known of one
  mainstem runs diff RUN OTHER                           what was told and what came out otherwise
  mainstem runs tag RUN good --remove bad
  mainstem runs rm RUN OTHER

RUN is a run's directory, the beginning or the end of its ID, or `last`.

Filters
  KEY = VALUE, != < <= > >=   numbers as numbers, else text; `tags=good` looks into a list
  KEY ~ 'res*'                text with * for anything
  KEY                         it is there, and not null, false or empty
  and, or, not, ( )
KEY is one of the record (status, name, started, took, result, tags, process.host, git.commit, …), of the
config, or the name of a metric, whose last value counts. `run.KEY`, `config.KEY` and `metrics.KEY` say which.

  --root DIR                where runs are looked for, again and again; default: this directory
  --sort KEY, --sort -KEY   smallest first, largest first
  --columns KEY,KEY         more columns
  --limit N                 at most N runs
  --format text|json        default: text; JSON is one line for each run
";
