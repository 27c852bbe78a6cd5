//! "Did you mean".

/// Longer names, in characters, are not compared.
const LONGEST: usize = 64;

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
    candidates
        .filter(|c| c.chars().count().abs_diff(length) <= limit)
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
