//! What chooses the values of parameters: `PARAM=VALUE`, as `--set` takes it, and the text of `--seed`.

use crate::vocabulary::Seed;

/// Parses `PARAM=VALUE`; whether the lesson has the parameter and allows the value is checked later.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((param, value)) if !param.is_empty() && !value.is_empty() => {
            let param = param.strip_prefix('$').unwrap_or(param);
            Ok((param.to_owned(), value.to_owned()))
        }
        _ => Err("write PARAM=VALUE, such as quota=35%".to_owned()),
    }
}

/// Parses a seed.
pub fn seed(text: &str) -> Result<Seed, String> {
    text.parse().map_err(|error: String| error.lines().next().unwrap_or_default().to_owned())
}
