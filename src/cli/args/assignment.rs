//! `PARAM=VALUE`, as `--set` takes it.

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
