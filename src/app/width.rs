//! How much room text takes in a terminal, and text cut to fit.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns a text takes that has no controls in it.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text, if it is too wide, with `…` for the rest.
pub(crate) fn beginning(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let kept = up_to(room.saturating_sub(1), text.chars());
    let kept: String = text.chars().take(kept).collect();
    Cow::Owned(if room == 0 { String::new() } else { format!("{kept}…") })
}

/// The end of a text, if it is too wide, with `…` for what stands before it.
pub(crate) fn ending(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let kept = up_to(room.saturating_sub(1), text.chars().rev());
    let before = text.chars().count() - kept;
    let kept: String = text.chars().skip(before).collect();
    Cow::Owned(if room == 0 { String::new() } else { format!("…{kept}") })
}

/// How many of these characters fit.
fn up_to(room: usize, characters: impl Iterator<Item = char>) -> usize {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= room
    };
    characters.take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_cut_by_columns() {
        for (room, first, last) in [
            (0, "", ""),
            (1, "…", "…"),
            (4, "lr=…", "…d=1"),
            (11, "lr=0.1 see…", "…0.1 seed=1"),
            (13, "lr=0.1 seed=1", "lr=0.1 seed=1"),
        ] {
            assert_eq!(beginning("lr=0.1 seed=1", room), first);
            assert_eq!(ending("lr=0.1 seed=1", room), last);
        }
        // Two columns each.
        assert_eq!((width("漢字"), beginning("漢字", 3), ending("漢字", 3)), (4, "漢…".into(), "…字".into()));
        assert_eq!(beginning("漢字", 2), "…");
    }
}
