//! The script that `sbatch` gets.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result, shell_word, visible};

/// What every task of a sweep is given, and what is done around its command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Options of `sbatch` by their long names, without dashes, each with its value, if it takes one.
    pub options: Vec<(String, Option<String>)>,
    /// So long before the end of its time, in seconds, a task is sent `SIGUSR2`.
    pub notice: u64,
    /// Lines of the shell before the command, such as `module load cuda`.
    pub setup: Vec<String>,
    /// Words before the command: those that run it in a container.
    pub prefix: Vec<String>,
    /// More words for `srun`, which starts the command; `None`: the script starts it itself.
    pub srun: Option<Vec<String>>,
}

/// The tasks of one script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Array {
    /// How many there are. Their numbers begin at 0.
    pub tasks: usize,
    /// How many run at a time; `None`: as many as there is room for.
    pub at_a_time: Option<usize>,
    /// The arrays before, whose ends it waits for.
    pub after: Vec<String>,
    /// The folder of what tasks say, which must be there.
    pub logs: PathBuf,
    /// The file in it of standard output. `%A` is the number of the array, `%a` that of the task.
    pub out: String,
    /// That of standard error; `None`: the same.
    pub err: Option<String>,
    /// Where the command is started.
    pub directory: PathBuf,
    /// The command. The variable `SLURM_ARRAY_TASK_ID` tells it which task it is.
    pub command: Vec<String>,
    /// The folder where a task says that it is to begin once more, by an empty file of the name `ARRAY_TASK.RESTARTS`. The script
    /// puts it back into the queue then: in a container the task has no commands of Slurm. `None`: the command does it itself.
    pub again: Option<PathBuf>,
}

impl Batch {
    /// The script of an array.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: a path that `sbatch` cannot be told; dependencies that cannot stand beside each other.
    ///
    /// ```
    /// use mainstem::launch::slurm::{Array, Batch};
    /// let batch = Batch { options: vec![("time".into(), Some("60".into()))], notice: 120, ..Batch::default() };
    /// let array = Array { tasks: 3, at_a_time: Some(2), logs: "/w/5%".into(), out: "%a.out".into(), ..Array::default() };
    /// let array = Array { directory: "/w".into(), command: vec!["train".into(), "--fast".into()], ..array };
    /// let script = batch.script(&array)?;
    /// assert!(script.starts_with("#!/bin/bash\n#SBATCH --array=0-2%2\n"), "{script}");
    /// assert!(script.contains("\n#SBATCH --output=/w/5%%/%a.out\n"), "{script}");
    /// assert!(script.ends_with("\n\nexec train --fast\n"), "{script}");
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn script(&self, array: &Array) -> Result<String> {
        let mut text = "#!/bin/bash\n".to_owned();
        let options = self.all_options(array)?;
        for (name, value) in &options {
            let _ = match value {
                Some(value) => writeln!(text, "#SBATCH --{name}={}", quoted(value)),
                None => writeln!(text, "#SBATCH --{name}"),
            };
        }
        if !self.setup.is_empty() {
            text.push_str("\n# setup\n");
            text.extend(self.setup.iter().flat_map(|line| [line.as_str(), "\n"]));
        }
        let command = self.command(&array.command);
        match &array.again {
            // In place of the shell, so that signals reach the command.
            None => {
                let _ = writeln!(text, "\nexec {command}");
            }
            Some(folder) => {
                let forwards = Self::tells_script(&options);
                text.push_str(&beginning_again(&command, said(folder)?, forwards));
            }
        }
        Ok(text)
    }

    /// The line that starts a command.
    fn command(&self, command: &[String]) -> String {
        let srun = self
            .srun
            .iter()
            .flat_map(|more| ["srun", "--unbuffered"].into_iter().chain(more.iter().map(String::as_str)));
        let words = srun.chain(self.prefix.iter().chain(command).map(String::as_str));
        words.map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
    }

    /// Whether Slurm tells the script that the time comes to an end, and not the command.
    fn tells_script(options: &[(String, Option<String>)]) -> bool {
        let value = options.iter().find(|(name, _)| name == "signal").and_then(|(_, value)| value.as_deref());
        value.and_then(|value| value.split_once(':')).is_some_and(|(whom, _)| whom.contains(['B', 'b']))
    }

    fn all_options(&self, array: &Array) -> Result<Vec<(String, Option<String>)>> {
        let last = array.tasks.saturating_sub(1);
        let cap = array.at_a_time.filter(|cap| *cap > 0).map_or_else(String::new, |cap| format!("%{cap}"));
        // Without `srun` only the script itself is told.
        let whom = if self.srun.is_some() { "" } else { "B:" };
        let log = |name: &String| pattern(&array.logs, name).map(Some);
        let mut options = vec![
            ("array".to_owned(), Some(format!("0-{last}{cap}"))),
            ("chdir".to_owned(), Some(said(&array.directory)?.to_owned())),
            ("open-mode".to_owned(), Some("append".to_owned())),
            ("output".to_owned(), log(&array.out)?),
            ("requeue".to_owned(), None),
            ("signal".to_owned(), Some(format!("{whom}USR2@{}", self.notice))),
        ];
        if let Some(err) = &array.err {
            options.push(("error".to_owned(), log(err)?));
        }
        if !array.after.is_empty() {
            options.push(("dependency".to_owned(), Some(format!("afterany:{}", array.after.join(":")))));
        }
        // Who asks for an option by its name knows better.
        for (name, value) in &self.options {
            match options.iter_mut().find(|(known, _)| known == name) {
                Some((_, ours)) if name == "dependency" => *ours = Some(both(ours.take(), value.as_deref())?),
                Some((_, ours)) => ours.clone_from(value),
                None => options.push((name.clone(), value.clone())),
            }
        }
        if options.iter().any(|(name, _)| name == "no-requeue") {
            options.retain(|(name, _)| name != "requeue");
        }
        options.sort();
        Ok(options)
    }
}

/// What an array waits for itself, and what else it is to wait for.
fn both(ours: Option<String>, theirs: Option<&str>) -> Result<String> {
    let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
    // To Slurm `?` is "or", for all of the list.
    if theirs.contains('?') {
        let message = format!("the dependency `{theirs}` cannot stand beside `{ours}`");
        return Err(Error::new(ErrorKind::Job, message)
            .note("an array waits for the one before where no more than `array_parallelism` are to run at a time")
            .help("write it with `,`, or leave `hydra.launcher.array_parallelism` away"));
    }
    Ok([ours, theirs.to_owned()].join(",").trim_matches(',').to_owned())
}

/// The lines that start a command, and put its task back into the queue if it asks for that in a folder.
///
/// `forwards`: Slurm tells the script that the time comes to an end, and not the command. That it is to end Slurm tells both.
fn beginning_again(command: &str, folder: &str, forwards: bool) -> String {
    let start = match forwards {
        false => format!("{command} || status=$?\n"),
        true => format!(
            "{command} &\n\
             trap 'kill -USR2 $!' USR2\n\
             while kill -0 $! 2> /dev/null; do wait $! || :; done\n\
             wait $! || status=$?\n"
        ),
    };
    format!(
        "\nstatus=0\n\
         trap : TERM # the command gets it, too, and is waited for\n\
         {start}\n\
         # a task that has saved its state asks for this\n\
         task=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID\n\
         if [ -e {}/\"$task.${{SLURM_RESTART_COUNT:-0}}\" ]; then scontrol requeue \"$task\"; fi\n\
         exit $status\n",
        shell_word(folder)
    )
}

/// A path as a line of the script can say it.
fn said(path: &Path) -> Result<&str> {
    let sayable = path.to_str().filter(|text| !text.contains(['\n', '\r']));
    sayable.ok_or_else(|| unsayable(path, "it has a line break, or is no UTF-8"))
}

/// The name of a file whose folder is taken as it is.
fn pattern(folder: &Path, name: &str) -> Result<String> {
    let text = said(folder)?;
    // In a name with one of them Slurm replaces nothing.
    if text.contains('\\') {
        return Err(unsayable(folder, "it has a backslash"));
    }
    Ok(format!("{}/{name}", text.trim_end_matches('/').replace('%', "%%")))
}

fn unsayable(path: &Path, why: &str) -> Error {
    let path = path.to_string_lossy();
    let message = format!("`sbatch` cannot be told the path `{}`: {why}", visible(&path));
    Error::new(ErrorKind::Job, message)
        .help("use a directory with another name: `hydra.sweep.dir`, `hydra.launcher.submitit_folder`")
}

/// A value as `sbatch` reads it: blanks would end it.
fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\' | '#');
    if value.chars().all(plain) {
        return value.to_owned();
    }
    // A line is a line.
    let escaped = value.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_all_that_is_asked_for() {
        let options =
            [("mem", Some("1GB")), ("exclusive", None), ("signal", Some("USR1@9")), ("comment", Some("a b"))];
        let options = options.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).into();
        let batch = Batch {
            options,
            notice: 120,
            setup: vec!["module load cuda".to_owned()],
            prefix: vec!["apptainer".to_owned(), "exec".to_owned(), "my image.sif".to_owned()],
            srun: Some(vec!["-vv".to_owned()]),
        };
        let array = Array {
            tasks: 20,
            at_a_time: Some(4),
            after: vec!["7".to_owned(), "9".to_owned()],
            logs: "/s/".into(),
            out: "%A_%a.out".into(),
            err: Some("%A_%a.err".into()),
            directory: "/w".into(),
            command: vec!["/s/train".to_owned(), "x=$HOME".to_owned()],
            again: Some("/s/1 2".into()),
        };
        let expected = "\
#!/bin/bash
#SBATCH --array=0-19%4
#SBATCH --chdir=/w
#SBATCH --comment=\"a b\"
#SBATCH --dependency=afterany:7:9
#SBATCH --error=/s/%A_%a.err
#SBATCH --exclusive
#SBATCH --mem=1GB
#SBATCH --open-mode=append
#SBATCH --output=/s/%A_%a.out
#SBATCH --requeue
#SBATCH --signal=USR1@9

# setup
module load cuda

status=0
trap : TERM # the command gets it, too, and is waited for
srun --unbuffered -vv apptainer exec 'my image.sif' /s/train 'x=$HOME' || status=$?

# a task that has saved its state asks for this
task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
if [ -e '/s/1 2'/\"$task.${SLURM_RESTART_COUNT:-0}\" ]; then scontrol requeue \"$task\"; fi
exit $status
";
        assert_eq!(batch.script(&array).unwrap(), expected);
        let without = Batch { srun: None, options: Vec::new(), ..batch };
        let script = without.script(&array).unwrap();
        assert!(script.contains("#SBATCH --signal=B:USR2@120\n"), "{script}");
        assert!(script.contains(" 'x=$HOME' &\ntrap 'kill -USR2 $!' USR2\n"), "{script}");
        let itself = without.script(&Array { again: None, ..array }).unwrap();
        assert!(itself.ends_with("\n\nexec apptainer exec 'my image.sif' /s/train 'x=$HOME'\n"), "{itself}");
    }

    #[test]
    fn what_the_user_asks_for_takes_nothing_from_what_an_array_needs() {
        let script = |options: &[(&str, Option<&str>)], after: &[&str]| {
            let option =
                |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(str::to_owned));
            let batch = Batch { options: options.iter().map(option).collect(), ..Batch::default() };
            let after = after.iter().map(|id| (*id).to_owned()).collect();
            batch.script(&Array { after, ..Array::default() }).map_err(|error| error.message().to_owned())
        };
        let theirs = ("dependency", Some("afterok:5,singleton"));
        let said = script(&[theirs], &["7"]).unwrap();
        assert!(said.contains("\n#SBATCH --dependency=afterany:7,afterok:5,singleton\n"), "{said}");
        let said = script(&[theirs], &[]).unwrap();
        assert!(said.contains("\n#SBATCH --dependency=afterok:5,singleton\n"), "{said}");
        let either = ("dependency", Some("afterok:5?afterok:6"));
        assert!(script(&[either], &[]).unwrap().contains("\n#SBATCH --dependency=afterok:5?afterok:6\n"));
        let refused = script(&[either], &["7"]).unwrap_err();
        assert_eq!(refused, "the dependency `afterok:5?afterok:6` cannot stand beside `afterany:7`");
        let said = script(&[("no-requeue", None)], &[]).unwrap();
        assert!(said.contains("#SBATCH --no-requeue\n") && !said.contains(" --requeue\n"), "{said}");
    }

    #[test]
    fn the_guide_shows_the_script_that_is_written() {
        let guide = include_str!("../../../docs/SLURM.md");
        let options = [
            ("gpus-per-node", "1"),
            ("job-name", "train"),
            ("nodes", "1"),
            ("ntasks-per-node", "1"),
            ("partition", "gpu"),
            ("time", "240"),
        ];
        let batch = Batch {
            options: options.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).into(),
            notice: 120,
            setup: vec!["module load cuda".to_owned()],
            prefix: Vec::new(),
            srun: Some(Vec::new()),
        };
        let folder = "/home/me/project/sw/.sweep/slurm";
        let program = format!("{folder}/snapshot/program/train");
        let words = [program.as_str(), "__mainstem-task", &format!("{folder}/1"), "-m", "MORE"];
        let array = Array {
            tasks: 6,
            at_a_time: Some(256),
            after: Vec::new(),
            logs: "/home/me/project/sw/.submitit".into(),
            out: "%A_%a_log.out".to_owned(),
            err: Some("%A_%a_log.err".to_owned()),
            directory: "/home/me/project".into(),
            command: words.map(str::to_owned).into(),
            again: Some(format!("{folder}/1/again").into()),
        };
        let script = batch.script(&array).unwrap().replace("MORE", "…");
        assert!(guide.contains(&format!("script.sh\n{script}```\n")), "{script}");
    }

    #[test]
    fn a_value_cannot_begin_another_line() {
        assert_eq!(quoted("a\n#SBATCH --x \"\\"), "\"a #SBATCH --x \\\"\\\\\"");
    }

    #[test]
    fn a_path_is_said_as_it_is_or_refused() {
        let script = |directory: &str, logs: &str| {
            let array = Array {
                directory: directory.into(),
                logs: logs.into(),
                out: "%a".into(),
                ..Array::default()
            };
            Batch::default().script(&array).map_err(|error| error.message().to_owned())
        };
        let said = script("/a b\\c", "/50%j").unwrap();
        assert!(said.contains("\n#SBATCH --chdir=\"/a b\\\\c\"\n"), "{said}");
        assert!(said.contains("\n#SBATCH --output=/50%%j/%a\n"), "{said}");
        for (directory, logs, why) in
            [("/a\nb", "/", "line break"), ("/", "/a\rb", "line break"), ("/", "/a\\b", "backslash")]
        {
            assert!(script(directory, logs).is_err_and(|said| said.contains(why)), "{directory} {logs}");
        }
    }
}
