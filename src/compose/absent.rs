//! Whether what defaults lists name is there.

use std::sync::Arc;

use crate::compose::check::Check;
use crate::compose::complaints;
use crate::compose::element::Element;
use crate::compose::item::Item;
use crate::compose::report::{Note, Topic};
use crate::compose::tree::{NodeId, Tree};
use crate::diag::{DRAWN, Error, ErrorKind, did_you_mean};
use crate::value::Text;

/// The groups that relative paths of a config may count from: its own, and those above, for `g=sub/x` counts from `g`.
fn bases(owner: &Item) -> Vec<Text> {
    let own = owner.group_path();
    let above = own.rmatch_indices('/').map(|(at, _)| Text::from(&own[..at]));
    std::iter::once(own.clone()).chain(above).collect()
}

impl Check<'_> {
    /// Whether what an item of the defaults list of `path` names exists, in one of the ways in which the config can be
    /// selected. Optional items and computed names are left to composing.
    pub(crate) fn element(&mut self, element: &Element, path: &Text, owner: &Item) {
        let package = owner.final_package();
        for mut item in Item::from_element(element).options() {
            item.hang(&owner.group_path(), &package);
            self.is_open |= item.is_missing();
            if item.is_interpolated() || item.is_missing() || item.name().is_none() {
                continue;
            }
            let mut wrong = Vec::new();
            if !complaints::check_paths(&item, &mut wrong) {
                wrong.into_iter().for_each(|error| self.errors.add(error, None));
                continue;
            }
            let mut readings: Vec<Item> = Vec::new();
            for base in bases(owner) {
                let mut reading = item.clone();
                reading.hang(&base, &package);
                if readings.last().is_none_or(|before| before.config_path() != reading.config_path()) {
                    readings.push(reading);
                }
            }
            self.named(readings, path);
        }
    }

    fn named(&mut self, readings: Vec<Item>, path: &Text) {
        let mut is_there = false;
        for reading in &readings {
            let named = reading.config_path();
            match self.repository.has_config(&named) {
                Ok(true) => {
                    is_there = true;
                    self.named_by.entry(named).or_default().push(path.clone());
                }
                Ok(false) => {}
                Err(error) => return self.errors.add(error, None),
            }
        }
        if !is_there {
            self.absent(readings);
        }
    }

    /// A config that stands in no file. It is worth knowing if code is seen to register it, an error if it looks like a
    /// slip of the fingers or if its group has options and they are files. Else code that cannot be seen may register
    /// it: then it is an error where a primary config needs it, and a warning in an option that none selects.
    fn absent(&mut self, mut readings: Vec<Item>) {
        if let Some(item) = readings.iter().find(|item| (self.checking.registers)(&item.config_path())) {
            let path = item.config_path();
            let error = Error::new(ErrorKind::NotFound, format!("`{path}` is registered in code"));
            let error = error.at(item.why, "it counts as empty here");
            self.notes.push(Note { topic: Topic::Registered, name: path.clone(), error });
            self.registered.insert(path);
            return;
        }
        let repository = Arc::clone(&self.repository);
        let options = |item: &Item| repository.options(&item.group_path()).unwrap_or_default();
        let meant = readings.iter().position(|item| !options(item).is_empty()).unwrap_or(0);
        let tree = Tree::new(readings.swap_remove(meant));
        let item = tree.item(NodeId::ROOT);
        let (path, group, options) = (item.config_path(), item.group_path(), options(item));
        let name = item.name().unwrap_or("");
        let group_slip = self.slip(&group, name);
        let slip = group_slip.is_some() || did_you_mean(name, options.iter().map(Text::as_str)).is_some();
        let is_drawn = self.errors.len() < DRAWN;
        let mut error = complaints::not_found(&self.repository, &tree, NodeId::ROOT, is_drawn);
        if let Some(near) = group_slip {
            error = error.help(format!("did you mean the group `{near}`?"));
        }
        for place in self.repository.search_path().iter().filter(|place| place.is_nowhere()) {
            let location = place.source().location();
            error = error.note(format!("`{location}` of the search path is not there, and may have it"));
            if location.starts_with("pkg://") {
                error = error.help(format!("say where it is: `--map {location}=DIR`"));
            }
        }
        if slip {
            self.errors.add(error, None);
        } else if group.starts_with("hydra/") {
            self.warnings.add(error.note("a plugin may bring it: it counts as empty here"), None);
            self.registered.insert(path);
        } else if item.is_group() && !options.is_empty() {
            self.errors.add(error, None);
        } else {
            let error = error.note("code may register it, but no Python around is seen to do so");
            self.doubtful.entry(path).or_default().push(error);
        }
    }

    /// The group of a similar name that has such an option.
    fn slip(&self, group: &str, name: &str) -> Option<String> {
        let (above, last) = group.rsplit_once('/').unwrap_or(("", group));
        let groups = self.repository.groups(above).unwrap_or_default();
        let near = did_you_mean(last, groups.iter().map(Text::as_str).filter(|near| *near != last))?;
        let near = if above.is_empty() { near.to_owned() } else { format!("{above}/{near}") };
        self.repository.has_config(&format!("{near}/{name}")).is_ok_and(|has| has).then_some(near)
    }
}

/// Which config there is not, if an error of composing says so.
#[cfg(feature = "app")]
pub(crate) fn absent_config(error: &Error) -> Option<String> {
    let message = error.message();
    let mut named = message.split('`').skip(1).step_by(2);
    let (first, second) = (named.next()?, named.next());
    match (error.kind(), second) {
        (ErrorKind::NotFound, None) if message.starts_with("there is no config `") => Some(first.to_owned()),
        (ErrorKind::NotFound, Some(option)) if !message.starts_with("there is no config `") => {
            Some(format!("{first}/{option}"))
        }
        _ => None,
    }
}
