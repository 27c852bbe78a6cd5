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
    /// The array before, whose end it waits for.
    pub after: Option<String>,
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
}

impl Batch {
    /// The script of an array.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: a path that `sbatch` cannot be told.
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
        for (name, value) in self.all_options(array)? {
            let _ = match value {
                Some(value) => writeln!(text, "#SBATCH --{name}={}", quoted(&value)),
                None => writeln!(text, "#SBATCH --{name}"),
            };
        }
        if !self.setup.is_empty() {
            text.push_str("\n# setup\n");
            text.extend(self.setup.iter().flat_map(|line| [line.as_str(), "\n"]));
        }
        // In place of the shell, so that signals reach the command.
        text.push_str("\nexec");
        if let Some(more) = &self.srun {
            text.push_str(" srun --unbuffered");
            text.extend(more.iter().map(|word| format!(" {}", shell_word(word))));
        }
        let words = self.prefix.iter().chain(&array.command);
        text.extend(words.map(|word| format!(" {}", shell_word(word))));
        text.push('\n');
        Ok(text)
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
        let after = array.after.as_ref().map(|id| format!("afterany:{id}"));
        options.extend(after.map(|after| ("dependency".to_owned(), Some(after))));
        // Who asks for an option by its name knows better.
        for (name, value) in &self.options {
            match options.iter_mut().find(|(known, _)| known == name) {
                Some(known) => known.1.clone_from(value),
                None => options.push((name.clone(), value.clone())),
            }
        }
        options.sort();
        Ok(options)
    }
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
            after: Some("7".to_owned()),
            logs: "/s/".into(),
            out: "%A_%a.out".into(),
            err: Some("%A_%a.err".into()),
            directory: "/w".into(),
            command: vec!["/s/train".to_owned(), "x=$HOME".to_owned()],
        };
        let expected = "\
#!/bin/bash
#SBATCH --array=0-19%4
#SBATCH --chdir=/w
#SBATCH --comment=\"a b\"
#SBATCH --dependency=afterany:7
#SBATCH --error=/s/%A_%a.err
#SBATCH --exclusive
#SBATCH --mem=1GB
#SBATCH --open-mode=append
#SBATCH --output=/s/%A_%a.out
#SBATCH --requeue
#SBATCH --signal=USR1@9

# setup
module load cuda

exec srun --unbuffered -vv apptainer exec 'my image.sif' /s/train 'x=$HOME'
";
        assert_eq!(batch.script(&array).unwrap(), expected);
        let without = Batch { srun: None, options: Vec::new(), ..batch };
        assert!(without.script(&array).unwrap().contains("#SBATCH --signal=B:USR2@120\n"));
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
