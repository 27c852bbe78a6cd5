//! Config groups, their options, and the packages that options land in.

use crate::complete::candidate::Candidate;
use crate::complete::surroundings::Surroundings;
use crate::complete::typed::{Items, Typed};
use crate::compose::{Composed, Content, RESERVED, Repository};
use crate::value::Text;

/// What the key of a group can become.
pub(super) fn groups(around: &Surroundings<'_>, typed: Typed<'_>, described: bool) -> Vec<Candidate> {
    // `++` is for values alone.
    if typed.operator == "++" {
        return Vec::new();
    }
    if typed.key.contains('@') {
        return packages(around, typed);
    }
    let composed = described.then(|| around.composed()).flatten();
    let repository = around.repository();
    let mut found = Vec::new();
    let above = typed.key.rfind('/').map_or("", |at| &typed.key[..at]);
    for name in repository.groups(above).unwrap_or_default() {
        let group = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
        if !group.starts_with(typed.key) || is_ours(&group, typed.key) {
            continue;
        }
        let names = repository.options(&group).unwrap_or_default();
        // Without options of its own, a group that is chosen from has them in folders.
        let options = match typed.operator {
            "~" | "+" => !names.is_empty(),
            _ => !names.is_empty() || is_chosen(around, &group),
        };
        let inner = !repository.groups(&group).unwrap_or_default().is_empty();
        let text = format!("{}{group}", typed.operator);
        let about = composed.and_then(|composed| chosen(composed, &group));
        let about = match (about, options) {
            (Some(option), _) if option == "???" => format!("must be chosen: {}", names.join(", ")),
            (Some(option), _) => format!("now {option}"),
            (None, true) if !names.is_empty() => format!("a group: {}", names.join(", ")),
            (None, _) => "groups".to_owned(),
        };
        let mut add = |candidate: Candidate| found.push(candidate.about(&about));
        match (options, inner) {
            (false, false) => {}
            (false, true) => add(Candidate::open(text + "/")),
            (true, false) if typed.operator == "~" => add(Candidate::whole(text)),
            (true, false) => add(Candidate::open(text + "=")),
            // What can go on in two ways is told apart when it is typed.
            (true, true) if group == typed.key => {
                add(Candidate::open(format!("{text}/")));
                add(if typed.operator == "~" { Candidate::whole(text) } else { Candidate::open(text + "=") });
            }
            (true, true) => add(Candidate::open(text)),
        }
    }
    // What is in use cannot be added.
    if typed.operator != "+" {
        found.extend(packages(around, typed));
    }
    found
}

/// The node that belongs to this program and not to Hydra is shown to those who ask for it.
pub(super) fn is_ours(name: &str, typed: &str) -> bool {
    name == "mainstem" && typed.len() < 2
}

fn chosen(composed: &Composed, key: &str) -> Option<String> {
    let mut choices = composed.selection().choices();
    let (_, option) = choices.find(|(known, _)| *known == key)?;
    Some(option.unwrap_or("null").to_owned())
}

/// `group@package`: those that are in use and, to be added, the mappings that there are.
fn packages(around: &Surroundings<'_>, typed: Typed<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    let end = if typed.operator == "~" { "" } else { "=" };
    if let Some(composed) = around.composed() {
        let in_use = composed.selection().choices().filter(|(key, _)| key.contains('@'));
        for (key, option) in in_use.filter(|(key, _)| key.starts_with(typed.key)) {
            let about = format!("now {}", option.unwrap_or("null"));
            let candidate = Candidate::open(format!("{}{key}{end}", typed.operator)).about(&about);
            found.push(Candidate { whole: end.is_empty(), ..candidate });
        }
    }
    let Some((group, begun)) = typed.key.split_once('@').filter(|_| typed.operator == "+") else {
        return found;
    };
    let (above, _) = begun.rsplit_once('.').map_or(("", begun), |(above, last)| (above, last));
    let path = crate::value::KeyPath::parse(above);
    let inner = around.get(&path).and_then(|node| node.as_map());
    for (key, slot) in inner.into_iter().flat_map(|map| map.iter()) {
        let package = path.child(key.clone()).to_string();
        if slot.node.as_map().is_some() && package.starts_with(begun) && !RESERVED.contains(&package.as_str())
        {
            found.push(Candidate::open(format!("+{group}@{package}=")));
        }
    }
    found
}

/// What the value of a group can become; `None` if the key names no group that has options.
pub(super) fn options(
    around: &Surroundings<'_>,
    typed: Typed<'_>,
    items: &Items<'_>,
    described: bool,
) -> Option<Vec<Candidate>> {
    if typed.operator == "++" || typed.group().is_empty() || typed.group().contains('.') {
        return None;
    }
    let repository = around.repository();
    let options = within(&repository, typed, items);
    if options.is_empty() {
        return repository.has_group(typed.group()).unwrap_or(false).then(Vec::new);
    }
    let now =
        if described { around.composed().and_then(|composed| chosen(composed, typed.key)) } else { None };
    let fitting: Vec<Text> = options.into_iter().filter(|option| items.takes(option)).collect();
    // Reading files takes time.
    let read = described && fitting.len() <= READ;
    let candidate = |option: &Text| {
        let text = format!("{}{}{option}", typed.left(), items.head);
        if option.ends_with('/') {
            return Candidate::open(text).about("a folder");
        }
        let mut about =
            if read { about(&repository, &format!("{}/{option}", typed.group())) } else { String::new() };
        if now.as_deref() == Some(option.as_str()) {
            about = format!("now; {about}").trim_end_matches("; ").to_owned();
        }
        Candidate { whole: items.is_last, ..Candidate::whole(text) }.about(&about)
    };
    Some(fitting.iter().map(candidate).collect())
}

/// The options of a group at the cursor: those of the folder that is typed, and the folders in it.
fn within(repository: &Repository, typed: Typed<'_>, items: &Items<'_>) -> Vec<Text> {
    let folder = items.item.rfind('/').map_or("", |at| &items.item[..=at]);
    let group = format!("{}/{folder}", typed.group());
    let group = group.trim_end_matches('/');
    let inside = |name: Text| Text::from(format!("{folder}{name}"));
    let mut found: Vec<Text> =
        repository.options(group).unwrap_or_default().into_iter().map(inside).collect();
    // A choice in a folder is not deleted by its name.
    if typed.operator != "~" {
        let folders = repository.groups(group).unwrap_or_default();
        let full = folders.into_iter().filter(|name| has_options(repository, &format!("{group}/{name}")));
        found.extend(full.map(|name| Text::from(format!("{folder}{name}/"))));
    }
    found
}

/// So deep is a group searched for options.
const DEPTH: usize = 8;

/// Whether there are options in a group or in the groups inside it.
fn has_options(repository: &Repository, group: &str) -> bool {
    let mut open = vec![(group.to_owned(), 0)];
    while let Some((group, depth)) = open.pop() {
        if !repository.options(&group).unwrap_or_default().is_empty() {
            return true;
        }
        let inner = repository.groups(&group).unwrap_or_default();
        let inner = inner.into_iter().filter(|_| depth < DEPTH);
        open.extend(inner.map(|name| (format!("{group}/{name}"), depth + 1)));
    }
    false
}

fn is_chosen(around: &Surroundings<'_>, key: &str) -> bool {
    around.composed().is_some_and(|composed| chosen(composed, key).is_some())
}

/// So many files are read for what they say about themselves.
const READ: usize = 100;

/// The first comment of a config, or else its file.
fn about(repository: &Repository, config_path: &str) -> String {
    let read = |provided: &crate::compose::Provided| provided.source().read(config_path).ok().flatten();
    match repository.search_path().iter().find_map(read) {
        Some(Content::Text { label, text, .. }) => {
            let comments = text.lines().map_while(|line| line.trim().strip_prefix('#').map(str::trim));
            let said = comments.filter(|line| !line.starts_with("@package")).find(|line| !line.is_empty());
            said.unwrap_or(&label).to_owned()
        }
        Some(Content::Tree { label, .. }) => label,
        None => String::new(),
    }
}

/// What the name of a primary config can become.
pub(super) fn configs(around: &Surroundings<'_>, word: &str, described: bool) -> Vec<Candidate> {
    let repository = around.composer.repository();
    let (above, _) = word.rsplit_once('/').unwrap_or(("", word));
    let full = |name: Text| if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
    let mut found = Vec::new();
    for name in repository.options(above).unwrap_or_default().into_iter().map(full) {
        if name.starts_with(word) {
            let about = if described { about(repository, &name) } else { String::new() };
            found.push(Candidate::whole(name).about(&about));
        }
    }
    // A folder of options is hardly meant, unless it is named.
    if !word.is_empty() {
        let groups = repository.groups(above).unwrap_or_default().into_iter().map(full);
        let own = groups.filter(|group| group.starts_with(word) && !crate::settings::is_reserved(group));
        found.extend(own.map(|group| Candidate::open(group + "/")));
    }
    found
}
