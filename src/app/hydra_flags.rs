//! Hydra's own flags that have no place here, and what to type instead.

/// What stands in for a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instead {
    /// What to do, in one line.
    pub(crate) help: &'static str,
    /// Whether the word behind the flag belongs to it.
    pub(crate) takes_value: bool,
}

/// What stands in for one of Hydra's flags with the value (or the word) behind it; `None` if Hydra has no such flag.
pub(crate) fn instead(name: &str, value: Option<&str>) -> Option<Instead> {
    let known = |values: &[(&str, &'static str)], otherwise| {
        let found = values.iter().find(|(known, _)| Some(*known) == value);
        Instead { help: found.map_or(otherwise, |(_, help)| help), takes_value: found.is_some() }
    };
    let alone = |help| Instead { help, takes_value: false };
    Some(match name {
        "--cfg" | "-c" => known(
            &[
                ("job", "leave it out: that is what `mainstem compose` prints"),
                ("hydra", "type `mainstem compose -p hydra`"),
                ("all", "type `mainstem compose --hydra`"),
            ],
            "`mainstem compose` prints the config; with `-p hydra` the hydra node, with `--hydra` all",
        ),
        "--info" | "-i" => known(
            &[
                ("defaults", "type `mainstem defaults`"),
                ("defaults-tree", "type `mainstem defaults --format tree`"),
                ("searchpath", "type `mainstem compose -p hydra.runtime.config_sources`"),
                ("config", "type `mainstem compose`"),
                ("plugins", "there are none: the config groups of the usual plugins are built in"),
                ("all", INFO),
            ],
            INFO,
        ),
        "--run" | "-r" => alone("nothing is run here: `mainstem compose` prints what a run would get"),
        "--hydra-help" => alone("type `mainstem compose --help`"),
        "--shell-completion" | "-sc" => alone("type `mainstem completion --help`"),
        "--experimental-rerun" => {
            let help =
                "type `mainstem rerun RUN`; its config is `mainstem compose -cd RUN/.hydra -cn config`";
            Instead { help, takes_value: value.is_some() }
        }
        _ => return None,
    })
}

const INFO: &str = "type `mainstem defaults`; `mainstem explain KEY` says where a value comes from";
