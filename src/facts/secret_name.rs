//! Which environment variables hold secrets, by their names.

/// Whether a variable of that name holds a secret: one of the words in it is a token, a key, a password, a secret or
/// credentials.
///
/// Words end at what is no letter, and where a capital follows a small letter. A name that ends in `FILE`, `PATH` or
/// `DIR` says where something is, which is no secret.
///
/// ```
/// use mainstem::facts::names_secret;
/// for name in ["HF_TOKEN", "API_KEY", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "apiKey", "TOKEN2"] {
///     assert!(names_secret(name), "{name}");
/// }
/// for name in ["MONKEY", "KEYBOARD", "TOKENIZERS_PARALLELISM", "SECRETARY", "PWD", "API_KEY_FILE", "HOME"] {
///     assert!(!names_secret(name), "{name}");
/// }
/// ```
pub fn names_secret(name: &str) -> bool {
    let words = words(name);
    let place = words.last().is_some_and(|last| matches!(last.as_str(), "file" | "path" | "dir"));
    !place && words.iter().any(|word| says_secret(word))
}

/// The words of a name in small letters, without digits.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        if !c.is_alphabetic() || (after_small && c.is_uppercase()) {
            words.push(String::new());
        }
        after_small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whole words; what is no part of another word may also end one: `PGPASSWORD`, `HFTOKEN`.
fn says_secret(word: &str) -> bool {
    const WORDS: [&str; 7] =
        ["key", "apikey", "accesskey", "secretkey", "authkey", "privatekey", "passphrase"];
    const ENDINGS: [&str; 5] = ["token", "password", "passwd", "secret", "credential"];
    let word = word.strip_suffix('s').unwrap_or(word);
    WORDS.contains(&word) || ENDINGS.iter().any(|ending| word.ends_with(ending))
}
