//! Shell patterns, for `glob(…)`.

/// Whether a name matches a pattern: `*` is any text, `?` any character, `[a-z]` one of a set, `[!a-z]` one outside.
///
/// Takes time in proportion to the product of both lengths at most.
///
/// ```
/// use mainstem::sweep::matches;
/// assert!(matches("res*[0-9]", "resnet50"));
/// assert!(!matches("res*[!0-9]", "resnet50"));
/// ```
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut retry = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        if let Some(next) = name.get(n).and_then(|&c| one(&pattern, p, c)) {
            p = next;
            n += 1;
            continue;
        }
        match retry {
            Some((after, from)) => {
                retry = Some((after, from + 1));
                p = after;
                n = from + 1;
            }
            None => return false,
        }
    }
    pattern.iter().skip(p).all(|&c| c == '*')
}

/// Where the pattern goes on if its next part, which is no `*`, takes this character.
fn one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match *pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match set(pattern, at + 1) {
            Some(end) => in_set(pattern.get(at + 1..end)?, c).then_some(end + 1),
            None => (c == '[').then_some(at + 1),
        },
        literal => (literal == c).then_some(at + 1),
    }
}

/// Where the `]` stands that closes a set; the first character inside may be `]` itself.
fn set(pattern: &[char], start: usize) -> Option<usize> {
    let first = start + usize::from(pattern.get(start) == Some(&'!'));
    let from = first + usize::from(pattern.get(first) == Some(&']'));
    let length = pattern.get(from..)?.iter().position(|&c| c == ']')?;
    Some(from + length)
}

fn in_set(set: &[char], c: char) -> bool {
    let (negated, set) = match set {
        ['!', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut rest = set;
    let mut found = false;
    while let [low, tail @ ..] = rest {
        rest = match tail {
            ['-', high, after @ ..] => {
                found |= (*low..=*high).contains(&c);
                after
            }
            _ => {
                found |= *low == c;
                tail
            }
        };
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "ä", true),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("[!]a]", "b", true),
            ("[z-a]", "z", false),
            ("[ab", "[ab", true),
            ("a.b", "axb", false),
            ("**a", "a", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_do_not_hang() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }
}
