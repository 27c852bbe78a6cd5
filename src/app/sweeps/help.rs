//! Help, by examples.

pub(crate) const TEXT: &str = "\
mainstem sweeps: sweeps and their jobs, by their journals.

  mainstem sweeps ls                   all sweeps below this directory
  mainstem sweeps ls multirun          those below another one
  mainstem sweeps show last            how each job stands, and what came of it
  mainstem sweeps show last --format csv > jobs.csv
                                       the same for programs
  mainstem sweeps best last            the best job, and how to run it
  mainstem sweeps best last --maximize --metric accuracy
                                       if nobody has said which way is better
  mainstem sweeps plot last            pictures of a search: DIR/plots/*.svg
  mainstem sweeps export last -o study.log
                                       for optuna-dashboard: the file of a
                                       JournalStorage
  mainstem sweeps cancel last          asks the process that runs it to end it;
                                       again, to end its jobs at once
  mainstem sweeps resume last          goes on with what was killed
  mainstem sweeps resume last -j 4 --force
  mainstem sweeps watch last           waits for the jobs that Slurm has
  mainstem sweeps rm DIR OTHER         removes sweeps with all their jobs; asks

DIR is the directory of a sweep; `last`, or nothing, is the latest below this
directory. `resume` does as `--resume DIR` of the program that began the sweep,
with its arguments and where it was started; flags behind DIR are its own.

  --format text|json|csv    default: text; JSON is one line for each sweep or
                            job; of `export` it is optuna
  --minimize, --maximize    of `best`: which way a result is better
  --metric NAME             of `best`: the number of a result that counts
  --yes                     of `rm`: do not ask
  -o PATH                   where what is made goes: a directory of pictures, or
                            a file
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
