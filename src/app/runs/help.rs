//! Help, by examples.

pub(crate) const TEXT: &str = "\
mainstem runs: what ran, and what came of it.

  mainstem runs ls                              all runs below this directory
  mainstem runs ls outputs                      those below another one
  mainstem runs ls 'lr<0.1 and status=failed'   those of a kind
  mainstem runs ls --sort -accuracy --limit 5   the best five
  mainstem runs ls --columns model.name,tags    with more columns
  mainstem runs show outputs/2026-11-24/12-30   all that is known of one
  mainstem runs show last --metric loss         its values, step by step
  mainstem runs diff RUN OTHER                  what differs, by meaning
  mainstem runs tag RUN good --remove bad
  mainstem runs rm RUN OTHER
  mainstem runs rm 'status=failed'              all of a kind, if you say so

RUN is a run's directory, a part of its ID that no other has, or `last`.

Hidden folders, caches (CACHEDIR.TAG, as in Cargo's target), node_modules and
site-packages are passed by, unless you name one.

Filters
  KEY = VALUE, != < <= > >=   numbers as numbers, else text; `tags=good` looks
                              into a list
  KEY ~ 'res*'                text with * for anything
  KEY                         it is there, and not null, false or empty
  and, or, not, ( )

KEY is one of the record (status, name, started, took, result, tags,
process.host, git.commit, …), of the config, or the name of a metric, whose
last value counts. `run.KEY`, `config.KEY` and `metrics.KEY` say which.

  --root DIR                where runs are looked for, again and again;
                            default: this directory
  --sort KEY, --sort -KEY   smallest first, largest first
  --columns KEY,KEY         more columns
  --limit N                 at most N runs: the first by --sort, else the latest
  --all                     attempts of jobs too that began again since
  --metric NAME             of `show`: the values of a metric, again and again
  --remove TAG,TAG          tags to take away
  --yes                     remove what a filter means, and do not ask
  --format text|json|csv    default: text; JSON is one line for each run; CSV is
                            for `ls`
";

#[cfg(test)]
mod tests {
    #[test]
    fn help_fits_a_terminal() {
        for line in super::TEXT.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
