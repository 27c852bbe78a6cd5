//! `--info`: how the config comes about.

use std::fmt::Write as _;

use crate::app::defaults;
use crate::app::output::Output;
use crate::app::program::flags::Topic;
use crate::app::program::session::Session;
use crate::compose::Mode;
use crate::diag::{Result, visible};
use crate::value::write_yaml;

/// Prints one topic, or all.
///
/// # Errors
/// What cannot be composed.
pub(crate) fn info(session: &Session<'_>, topic: Topic) -> Result<Output> {
    let topics: &[Topic] = match topic {
        Topic::All => &[
            Topic::Plugins,
            Topic::SearchPath,
            Topic::DefaultsTree,
            Topic::Defaults,
            Topic::Aliases,
            Topic::Config,
        ],
        Topic::Config => &[Topic::SearchPath, Topic::DefaultsTree, Topic::Defaults, Topic::Config],
        ref one => std::slice::from_ref(one),
    };
    let mut out = String::new();
    let mut warnings = Vec::new();
    for topic in topics {
        let (title, text) = match topic {
            Topic::Plugins => ("Plugins", plugins(session)?),
            Topic::SearchPath => ("Search path", search_path(session)?),
            Topic::Aliases => ("Aliases", aliases(session)?),
            Topic::DefaultsTree => ("Defaults tree", selection(session, true)?),
            Topic::Defaults => ("Defaults list", selection(session, false)?),
            Topic::Config | Topic::All => {
                let composed = session.compose(&session.arguments(&[])?, Mode::Run)?;
                warnings.extend_from_slice(composed.warnings());
                let mut yaml = String::new();
                write_yaml(&composed.job(), &mut yaml);
                ("Config", yaml)
            }
        };
        // Among others, a heading without anything below it says nothing.
        if topics.len() > 1 && !text.is_empty() {
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", session.console.out.paint("1", title));
        }
        out.push_str(&text);
    }
    Ok(Output::success(out).warn(&warnings, session.console.err))
}

/// Sources in order, with who asked for them.
fn search_path(session: &Session<'_>) -> Result<String> {
    let composed = session.compose(&session.arguments(&[])?, Mode::Run)?;
    let path = composed.selection().repository().search_path();
    let width = path.iter().map(|provided| provided.provider.chars().count()).max().unwrap_or(0);
    let row = |provider: &str, location: &str| format!("{provider:width$}  {}\n", visible(location));
    Ok(path.iter().map(|provided| row(&provided.provider, &provided.source().location())).collect())
}

fn selection(session: &Session<'_>, tree: bool) -> Result<String> {
    let arguments = session.arguments(&[])?;
    let selected = session.composer.select(session.config_name(), &arguments, Mode::Run)?;
    let style = session.console.out;
    Ok(match tree {
        true => defaults::tree(&selected.selection, true, &arguments.sources, style),
        false => defaults::table(&selected.selection, true, &arguments.sources, style),
    })
}

/// What stands in for Hydra's plugins: the options of the groups that name them.
fn plugins(session: &Session<'_>) -> Result<String> {
    let mut out = String::new();
    for group in ["hydra/launcher", "hydra/sweeper", "hydra/job_logging", "hydra/hydra_logging"] {
        let options = session.composer.repository().options(group)?;
        let _ = writeln!(out, "{group}: {}", visible(&options.join(", ")));
    }
    Ok(out)
}

fn aliases(session: &Session<'_>) -> Result<String> {
    let aliases = session.composer.aliases(session.config_name())?;
    Ok(aliases.iter().map(|(alias, target)| format!("{alias}: {target}\n")).collect())
}
