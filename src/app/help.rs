//! Help, by examples: for a reader in a hurry.

use crate::app::args::Command;
use crate::app::{program, runs, sweeps};

/// The help of a command, or of the program.
#[inline(never)]
pub(crate) fn text(command: Option<Command>) -> &'static str {
    match command {
        None => ALL,
        Some(Command::Compose) => COMPOSE,
        Some(Command::Explain) => EXPLAIN,
        Some(Command::Defaults) => DEFAULTS,
        Some(Command::Check) => CHECK,
        Some(Command::ParseOverrides) => PARSE_OVERRIDES,
        Some(Command::Jobs) => JOBS,
        Some(Command::Completion) => COMPLETION,
    }
}

macro_rules! where_from {
    () => {
        "\
Where configs come from
  -cn, --config-name NAME   the primary config: `-cn config` is config.yaml
  -cd, --config-dir DIR     a directory of configs, again and again: the first
                            one is the primary directory, others add to it
  -cp, --config-path DIR    the primary directory, if it is not the first -cd
  --map pkg://x.conf=DIR    where the folder of a Python package is, if looking
                            does not find it
  --declare NAME,NAME       resolvers that only the Python program knows: their
                            values stay text
  --schema FILE.json        types of the config, and configs that a program
                            registers: docs/SCHEMAS.md

"
    };
}

const ALL: &str = "\
mainstem composes the conf/ folder of a Hydra project, knows where every value
comes from, and runs any program with it.

  the composed config       mainstem compose -cd conf -cn config
  with overrides            mainstem compose -cd conf -cn config db=pg lr=0.1
  who set a value           mainstem explain db.port -cd conf -cn config
  which files, and why      mainstem defaults -cd conf -cn config
  all that is wrong         mainstem check conf
  run a Hydra program       mainstem run -cd conf -cn config -- python train.py
  run any other one         mainstem run lr=0.2 -- python train.py {flags}
  a sweep of it             mainstem run -m -j 4 lr=1,2 -- python t.py {flags}
  a search for the best     mainstem run -m 'lr=interval(0,1)' \\
                              mainstem.search.trials=50 \\
                              mainstem.search.direction=minimize \\
                              -- python train.py {flags}
  what was killed goes on   mainstem run --resume
  what ran                  mainstem runs ls 'lr<0.1 and status=failed'
  what came of the sweeps   mainstem sweeps show last
  the same again            mainstem rerun last lr=0.2

For programs
  how overrides are read    mainstem parse-overrides 'lr=0.1,0.01'
  the jobs of a sweep       mainstem jobs -- 'lr=0.1,0.01' seed=1,2

In the shell
  tab completion            eval \"$(mainstem completion bash)\"

`mainstem COMMAND --help` shows the flags of a command, `mainstem --version`
the version. Exit status: 0, 1 for an error, 2 for wrong usage.
";

const COMPOSE: &str = concat!(
    "\
mainstem compose: prints the composed config.

  as YAML                   mainstem compose -cd conf -cn config
  with overrides            mainstem compose -cd conf -cn config db=pg +lr=0.1
  one value                 mainstem compose -cd conf -cn config -p db.port
  with ${...} resolved      mainstem compose -cd conf -cn config --resolve
  with the hydra node       mainstem compose -cd conf -cn config --hydra

What is printed
  -p, --package KEY         only the value at KEY
  --resolve                 resolve interpolations in what is printed
  --format yaml|json        default: yaml
  --choices                 print `config` and `choices`: the chosen option of
                            each group
  --hydra                   leave the nodes `hydra` and `mainstem` in
  -m, --multirun            as for a sweep as a whole: open choices (???) are
                            left out, and each value of a sweep is tried in a
                            job

",
    where_from!(),
    "\
Flags stand before, between and after overrides; `--` ends them.
"
);

const EXPLAIN: &str = concat!(
    "\
mainstem explain: who set a value, and who was overridden.

  mainstem explain db.port -cd conf -cn config
  mainstem explain db.port lr -cd conf -cn config db=pg
  mainstem explain db -cd conf -cn config        the option of the group `db`
  mainstem explain db.port -cd conf -cn config --format json

The last line of a value is the one in force; what it takes from elsewhere
follows.

  --format text|json        default: text; JSON is one line for each key
  -m, --multirun            as for a sweep as a whole

",
    where_from!()
);

const DEFAULTS: &str = concat!(
    "\
mainstem defaults: which configs are merged, in order, and why.

  mainstem defaults -cd conf -cn config
  mainstem defaults -cd conf -cn config db=pg --format tree

  --format table|tree|json  default: table
  --hydra                   with the configs of the hydra node
  -m, --multirun            leave open choices (???) out

",
    where_from!()
);

const CHECK: &str = concat!(
    "\
mainstem check: composes every primary config of a folder and reads every
option of every group.

  mainstem check conf
  mainstem check conf --deny warnings --format json
  mainstem check conf more
  mainstem check conf -cn train db=pg

What stands in `more` is searched behind `conf`, as by -cd. With -cn one primary
config is composed, with the overrides.

Errors cannot work. Warnings work and are hardly meant so: shadowed files, links
that lead nowhere, names that nothing can select. Notes are worth knowing, and
put together: ???, unset environment, unknown resolvers, Python targets. The
exit status is 1 if there is an error.

  -v, --verbose             every note at its place
  --deny warnings           warnings count as errors
  --format text|json        default: text

A config that stands in no file is a note if Python code around the folder
registers it, else an error, or a warning in an option that nothing selects.

",
    where_from!()
);

const PARSE_OVERRIDES: &str = "\
mainstem parse-overrides: how overrides are read. For programs.

  mainstem parse-overrides 'lr=0.1,0.01' '+db@backup=pg'
  mainstem parse-overrides --format json < overrides.txt

Reads its arguments or, if there are none, the lines of standard input. JSON is
one line for each override: {\"result\": ...} or {\"error\": ...}.

  --format text|json        default: text
";

const JOBS: &str = concat!(
    "\
mainstem jobs: which jobs a sweep would run, each of them tried out first. For
programs.

  mainstem jobs -- 'lr=0.1,0.01' seed=1,2
  mainstem jobs --max-batch-size 2 --format json -- x=1,2,3
  mainstem jobs -cd conf -cn config -- 'model=glob(*)'

A glob asks the config groups. With a primary config every job is composed.

  --max-batch-size N        at most N jobs in a batch
  -m, --multirun            taken for granted
  --format text|json        default: text, a line for each job, an empty one
                            between batches; JSON is a list of batches of jobs
                            of overrides

",
    where_from!()
);

const COMPLETION: &str = concat!(
    "\
mainstem completion: tab completion in bash, zsh and fish.

  this command              eval \"$(mainstem completion bash)\"
  a Python program          eval \"$(mainstem completion bash --for train.py \\
                                      -cd conf -cn train)\"
  in fish                   mainstem completion fish | source

Put the line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish. Without
the name of a shell it is $SHELL. docs/COMPLETION.md says more.

  --for FILE.py             the program whose configs these are: completes
                            `python train.py` and `./train.py`

For programs
  --query bash|zsh|fish     what the script asks: the line is in COMP_LINE
  --query lines             completes each argument, or each line of standard
                            input: what is typed behind the program's name
  --format text|json        for lines; JSON is one line for each

",
    where_from!()
);

/// The commands that have flags and words of their own, with what their help says.
pub(crate) const OTHERS: [(&str, &str); 4] =
    [("rerun", runs::RERUN_HELP), ("run", program::RUN_HELP), ("runs", runs::HELP), ("sweeps", sweeps::HELP)];

/// What a command does, as the first sentence of its help says.
pub(crate) fn summary(help: &str) -> String {
    let first = help.split_once("\n\n").map_or(help, |(first, _)| first);
    let first = first.split_once(": ").map_or(first, |(_, what)| what).replace('\n', " ");
    first.split_once(". ").map_or(&*first, |(first, _)| first).trim_end_matches('.').to_owned()
}

/// What the help says about a flag.
pub(crate) fn about(help: &str, flag: &str) -> String {
    let row = |line: &&str| line.starts_with("  -") && line.split([' ', ',']).any(|word| word == flag);
    let mut lines = help.lines().skip_while(|line| !row(line));
    let first = lines.next().and_then(|line| line.trim_start().split_once("  "));
    let Some((_, first)) = first else {
        return if flag == "--help" { "examples and flags".to_owned() } else { String::new() };
    };
    let more = lines.take_while(|line| line.starts_with("      "));
    std::iter::once(first).chain(more).map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::args::flags;

    #[test]
    fn every_flag_of_a_command_stands_in_its_help() {
        for (_, command) in Command::ALL {
            let help = text(Some(command));
            for name in flags(command).filter(|name| !matches!(*name, "--help" | "-h" | "--version")) {
                let found = help
                    .lines()
                    .any(|line| line.starts_with("  -") && line.split([' ', ',']).any(|word| word == name));
                assert!(found, "`{name}` is not in the help of `{}`", command.name());
            }
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        let all = std::iter::once(None).chain(Command::ALL.map(|(_, command)| Some(command)));
        let others = OTHERS.iter().map(|(_, text)| *text);
        for line in all.map(text).chain(others).flat_map(str::lines) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
