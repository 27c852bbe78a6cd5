//! From arguments to an exit status.

use crate::app::args::{Args, Asked, Command, parse};
use crate::app::output::{Output, Status};
use crate::app::{
    capture, check, complete, compose, defaults, explain, help, jobs, overrides, program, runs, sweeps,
};
use crate::diag::{Result, Style};

/// Runs the command that the process was started with. Reads arguments, environment, working directory and clock, and
/// writes to standard output and standard error. Does not end the process.
pub fn main() -> Status {
    let (out, err) = capture::styles();
    let output = match capture::arguments() {
        // It prints while it runs.
        Ok(mut arguments) if arguments.first().is_some_and(|first| first == "run") => {
            return program::run_command(arguments.split_off(1));
        }
        arguments => arguments,
    };
    let output = output.and_then(|arguments| match arguments.split_first() {
        Some((first, rest)) if first == "sweeps" => sweeps::run(rest, out, err),
        // What is about runs has flags and words of its own.
        Some((first, rest)) if first == "runs" => runs::run(rest, out, err),
        Some((first, rest)) if first == "rerun" => runs::rerun(rest, out, err),
        Some((first, rest)) => {
            match help::OTHERS.iter().find(|(name, _)| rest.first().is_some_and(|word| word == name)) {
                Some((_, text)) if first == "help" => Ok(Output::success((*text).to_owned())),
                _ => about_configs(arguments, out, err),
            }
        }
        None => about_configs(arguments, out, err),
    });
    output.unwrap_or_else(|error| Output::failure(&error, err)).write()
}

fn about_configs(arguments: Vec<String>, out: Style, err: Style) -> Result<Output> {
    parse(arguments).and_then(|asked| match asked {
        Asked::Version => {
            Ok(Output::success(concat!("mainstem ", env!("CARGO_PKG_VERSION"), "\n").to_owned()))
        }
        Asked::Help(command) => Ok(Output::success(help::text(command).to_owned())),
        Asked::Run(args) => run(&args, out, err),
    })
}

/// No command is inlined here: the pages of those that are not asked for are not read.
fn run(args: &Args, out: Style, err: Style) -> Result<Output> {
    let facts = capture::facts()?;
    match args.command {
        Command::Compose => compose::run(args, facts, err),
        Command::Explain => explain::run(args, facts, out, err),
        Command::Defaults => defaults::run(args, facts, out, err),
        Command::Check => check::run(args, facts, out),
        Command::ParseOverrides => overrides::run(args, err),
        Command::Jobs => jobs::run(args, facts, err),
        Command::Completion => complete::run(args, &facts),
    }
}
