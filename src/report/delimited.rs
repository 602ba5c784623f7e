//! Comma-separated values (RFC 4180), safe to open in a spreadsheet. Lines end with a line feed alone, as every tool on Linux expects.

use crate::present::plain::one_line;

/// A table with a line of names first.
pub fn table<R, C>(heads: &[&str], rows: R) -> String
where
    R: IntoIterator<Item = C>,
    C: AsRef<[String]>,
{
    let rows = rows.into_iter().map(|row| {
        let fields: Vec<&str> = row.as_ref().iter().map(String::as_str).collect();
        record(&fields)
    });
    record(heads) + &rows.collect::<String>()
}

/// A line of fields.
pub fn record(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    fields.join(",") + "\n"
}

/// A field on one line: quoted where it has to be. Spreadsheets run what begins like a formula; with an apostrophe before it, it is text. Numbers stay
/// numbers.
fn field(text: &str) -> String {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_formula = begins && text.parse::<f64>().is_err();
    let shown = one_line(text);
    let text = if is_formula { format!("'{shown}") } else { shown };
    if text.contains(['"', ',']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_field_early_or_becomes_a_formula() {
        assert_eq!(record(&["a", "b,c", "say \"x\"", ""]), "a,\"b,c\",\"say \"\"x\"\"\",\n");
        assert_eq!(record(&["=1+1", "-5", "-x", "@a", "＝1"]), "'=1+1,-5,'-x,'@a,'＝1\n");
        assert_eq!(record(&["two\nlines", "\u{202e}txt"]), "two\\nlines,\\u{202e}txt\n");
        assert!(record(&["\t=1"]).starts_with('\''));
        assert_eq!(table(&["a", "b"], [["1".to_owned(), "2".to_owned()]]), "a,b\n1,2\n");
    }
}
