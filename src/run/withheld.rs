//! What a record does not hold: the secrets that a run was given as they are.

use crate::compose::withheld;
use crate::diag::{Error, HIDDEN, Result};

/// Makes sure that the recorded overrides of a run (`overrides.yaml`) can be given again: none of them is a secret,
/// which a record holds as `***`. Secrets that were given by way of `${secret:…}` or `${oc.env:…}` are no hindrance: they
/// are read again.
///
/// ```
/// use mainstem::diag::ErrorKind;
/// use mainstem::run::refuse_withheld;
/// assert!(refuse_withheld(["lr=0.1", "api_key=${secret:API_KEY}"]).is_ok());
/// let error = refuse_withheld(["lr=0.1", "api_key=***"]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Secret);
/// assert_eq!(error.message(), "`api_key` is `***`, which records show in place of a secret");
/// ```
///
/// # Errors
/// Every override that was recorded without its secret, each with what to type in its place.
pub fn refuse_withheld<'l>(overrides: impl IntoIterator<Item = &'l str>) -> Result<()> {
    let lost = overrides.into_iter().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (value == HIDDEN).then(|| withheld(key.trim_start_matches(['+', '~'])))
    });
    Error::all(lost).map_or(Ok(()), Err)
}
