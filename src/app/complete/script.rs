//! What a shell reads to learn to complete.

use crate::app::complete::shell::Shell;
use crate::diag::shell_word;

/// A script that completes a program, which is asked by `query` and the name of the shell.
pub(crate) fn of_program(shell: Shell, name: &str, query: &str) -> String {
    let text = match shell {
        Shell::Bash => include_str!("scripts/program.bash"),
        Shell::Zsh => include_str!("scripts/program.zsh"),
        Shell::Fish => include_str!("scripts/program.fish"),
    };
    text.replace("@FUNCTION@", &function(name))
        .replace("@NAME@", &word(shell, name))
        .replace("@QUERY@", &format!("{query}{}", shell.name()))
}

/// A script that completes a Python program. `file` is its path, which does not depend on the working directory;
/// `command` are the words of the command that is to be asked.
pub(crate) fn of_python(shell: Shell, file: &str, command: &[String]) -> String {
    let text = match shell {
        Shell::Bash => include_str!("scripts/python.bash"),
        Shell::Zsh => include_str!("scripts/python.zsh"),
        Shell::Fish => include_str!("scripts/python.fish"),
    };
    let name = file.rsplit('/').next().unwrap_or(file);
    let command: Vec<String> = command.iter().map(|one| word(shell, one)).collect();
    text.replace("@FUNCTION@", &function(file))
        .replace("@FILE@", &word(shell, file))
        .replace("@NAME@", &word(shell, name))
        .replace("@COMMAND@", &command.join(" "))
}

/// A script that undoes [`of_program`].
pub(crate) fn uninstall(shell: Shell, name: &str) -> String {
    let (function, name) = (function(name), word(shell, name));
    match shell {
        Shell::Bash => format!("complete -r {name} 2>/dev/null\nunset -f {function}\n"),
        Shell::Zsh => {
            format!("compdef -d {name} 2>/dev/null\nunfunction {function} 2>/dev/null\n")
        }
        Shell::Fish => format!("complete -c {name} -e\nfunctions -e {function}\n"),
    }
}

/// The name of a function that nobody else has.
fn function(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("_complete_{}", name.trim_start_matches('/').chars().map(plain).collect::<String>())
}

/// A word of a script.
fn word(shell: Shell, text: &str) -> String {
    match shell {
        Shell::Fish if text.contains(['\\', '\'']) => {
            format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
        }
        _ => shell_word(text).into_owned(),
    }
}
