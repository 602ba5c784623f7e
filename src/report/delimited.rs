//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.

/// A line of fields.
pub fn record(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    fields.join(",") + "\r\n"
}

/// A field: quoted where it has to be. What a spreadsheet would take for a formula becomes a text.
fn field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_field_early_or_becomes_a_formula() {
        assert_eq!(record(&["a", "b,c", "say \"x\"", ""]), "a,\"b,c\",\"say \"\"x\"\"\",\r\n");
        assert_eq!(record(&["=1+1", "-5", "-x", "@a"]), "'=1+1,-5,'-x,'@a\r\n");
    }
}
