//! Names that exist, told to somebody who typed another one.

use std::cmp::Reverse;

use crate::diag::suggest::{CANDIDATES, Letters};

/// So many characters of names are told: two lines or so.
const ROOM: usize = 240;
/// So many of the nearest names are told where there is no room for all.
const NEAREST: usize = 10;

/// `a, b, c`; where there are many, as many of the first as fit, and how many more there are.
pub(crate) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let mut room = ROOM;
    let fits = |name: &&T| {
        let needed = name.as_ref().chars().take(ROOM).count() + 2;
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    };
    // A name that fits nowhere is shown all the same: it is cut when it is drawn.
    let shown = names.iter().take_while(fits).count().max(1).min(names.len());
    and_more(names.iter().take(shown), names.len() - shown)
}

/// As [`listed`]; where there are many, those that are nearest to what was typed, in the order of the names.
pub(crate) fn listed_near<T: AsRef<str>>(names: &[T], typed: &str) -> String {
    listed_few(names, 0, typed)
}

/// As [`listed_near`], of the first of many names: so many more are not among them.
pub(crate) fn listed_few<T: AsRef<str>>(names: &[T], unseen: usize, typed: &str) -> String {
    let all = listed(names);
    if unseen == 0 && (names.len() <= NEAREST || !all.ends_with(" more")) {
        return all;
    }
    let letters = Letters::of(typed);
    let rank = |name: &str| {
        let alike = name.chars().zip(typed.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        (Reverse(alike.min(3)), letters.differ(name))
    };
    let looked_at = names.iter().take(CANDIDATES).enumerate();
    let mut ranked: Vec<_> = looked_at.map(|(nth, name)| (rank(name.as_ref()), nth)).collect();
    ranked.sort_unstable();
    let mut nearest: Vec<usize> = ranked.into_iter().take(NEAREST).map(|(_, nth)| nth).collect();
    nearest.sort_unstable();
    let nearest: Vec<&T> = nearest.into_iter().map(|nth| &names[nth]).collect();
    and_more(nearest.iter().copied(), names.len() - nearest.len() + unseen)
}

fn and_more<'n, T: AsRef<str> + 'n>(shown: impl Iterator<Item = &'n T>, more: usize) -> String {
    let shown = shown.map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_the_nearest_are_told() {
        let names: Vec<String> = (0..500).map(|n| format!("option_{n}")).chain(["pg".to_owned()]).collect();
        assert_eq!(listed(&names[..3]), "option_0, option_1, option_2");
        assert!(listed(&names).len() < ROOM + 20 && listed(&names).ends_with(" more"));
        let near = listed_near(&names, "pgsql");
        assert!(near.ends_with("pg and 491 more"), "{near}");
        assert_eq!(listed(&["x".repeat(300)]), "x".repeat(300));
        assert_eq!(listed::<&str>(&[]), "");
    }
}
