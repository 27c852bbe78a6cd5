//! "Did you mean".

/// Longer names, in characters, are not compared.
const LONGEST: usize = 64;

/// So many candidates are looked at: a mistake takes no longer in a huge mapping.
pub(super) const CANDIDATES: usize = 100_000;

/// The candidate nearest to what was typed, if one is near enough to be a slip of the fingers.
///
/// ```
/// use mainstem::diag::did_you_mean;
/// assert_eq!(did_you_mean("modle", ["data", "model"]), Some("model"));
/// assert_eq!(did_you_mean("zebra", ["data", "model"]), None);
/// assert_eq!(did_you_mean("ADAM", ["adaw", "adam"]), Some("adam"));
/// ```
pub fn did_you_mean<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(typed, &mut candidates.into_iter())
}

// One for all kinds of candidates, and out of the way of code that has nothing to suggest.
#[cold]
fn nearest<'a>(typed: &str, candidates: &mut dyn Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = typed.chars().count();
    // Nobody slips in a name that long, and comparing takes the product of the lengths.
    if length > LONGEST {
        return None;
    }
    let limit = match length {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let letters = Letters::of(typed);
    candidates
        .take(CANDIDATES)
        // Nearly all candidates end here. Capitals count for nothing.
        .filter(|c| letters.differ(c) <= limit || c.eq_ignore_ascii_case(typed))
        .map(|c| {
            let same_letters = !c.is_empty() && c.eq_ignore_ascii_case(typed);
            (if same_letters { 0 } else { strsim::damerau_levenshtein(typed, c) }, c)
        })
        // Something of what was typed must be left.
        .filter(|&(distance, c)| {
            distance <= limit && distance < c.chars().count().max(2) && distance < length
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, c)| c)
}

/// How often each letter stands in a word, whatever the order. Letters that share a place are taken for one.
pub(super) struct Letters([i8; 64]);

impl Letters {
    pub(super) fn of(word: &str) -> Self {
        let mut counts = [0; 64];
        word.chars().for_each(|c| counts[u32::from(c) as usize % 64] += 1);
        Self(counts)
    }

    /// So many letters at least must be changed, added or left out to make the other word. Long words differ in all.
    pub(super) fn differ(&self, other: &str) -> usize {
        let mut counts = self.0;
        for (nth, c) in other.chars().enumerate() {
            if nth > LONGEST + 3 {
                return usize::MAX;
            }
            counts[u32::from(c) as usize % 64] -= 1;
        }
        let (mut more, mut less) = (0_usize, 0_usize);
        for count in counts {
            *(if count > 0 { &mut more } else { &mut less }) += usize::from(count.unsigned_abs());
        }
        more.max(less)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_never_differ_more_than_words() {
        let words =
            ["", "a", "model", "modle", "models", "dataset", "naïve", "Model", "\u{1f600}x", "batch_size"];
        for one in words {
            for other in words {
                let least = Letters::of(one).differ(other);
                assert!(least <= strsim::damerau_levenshtein(one, other), "{one:?} {other:?}");
            }
        }
        assert_eq!(Letters::of("a").differ(&"a".repeat(1 << 20)), usize::MAX);
        assert_eq!(did_you_mean("key", std::iter::repeat_n("other", CANDIDATES).chain(["keyy"])), None);
    }
}
