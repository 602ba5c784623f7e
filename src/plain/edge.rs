//! The last check of the program's output: of reports, and of documents for programs.

use super::shown::hides;
use std::fmt::Write;

/// Whether a text contains this program's own colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Escape sequences that only set colours are let through.
    Painted,
    /// There are none.
    None,
}

/// Filters a whole report as it is written out. Its contents were escaped when it was put together; anything forgotten there becomes visible here, and
/// cannot move the cursor. Line feeds and tabs stay.
pub fn sieve(text: &str, colours: Colours) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let colour = if colours == Colours::Painted { painted(rest) } else { None };
        let length = match (colour, c) {
            (Some(length), _) => {
                out.push_str(&rest[..length]);
                length
            }
            (None, '\n' | '\t') => {
                out.push(c);
                1
            }
            (None, c) if hides(c) => {
                let _ = match c as u32 {
                    code @ ..0x100 => write!(out, "\\x{code:02x}"),
                    code => write!(out, "\\u{{{code:x}}}"),
                };
                c.len_utf8()
            }
            (None, c) => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// The length of an escape sequence at the start of the text that sets or resets a colour, bold, dim, italic or underlined (ECMA-48, SGR); none that could
/// hide text.
fn painted(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("\x1b[")?;
    let end = inner.find('m').filter(|end| *end <= 12)?;
    let plain = |n: &str| matches!(n.parse(), Ok(0..=4 | 22..=24 | 30..=37 | 39 | 90..=97)) || n.is_empty();
    inner[..end].split(';').all(plain).then_some(end + 3)
}

/// A JSON document in which every character that [`hides`] is written as `\uXXXX` (RFC 8259, section 7): a program reads the same text, and a person sees
/// what the document contains. For whole documents only: outside of strings JSON has no such characters but line feeds.
pub fn json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if c != '\n' && hides(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_pass_and_nothing_else() {
        let text = "\x1b[1;32m✓\x1b[0m ok\n\tx";
        assert_eq!(sieve(text, Colours::Painted), text);
        assert_eq!(sieve(text, Colours::None), "\\x1b[1;32m✓\\x1b[0m ok\n\tx");
        for text in [
            "\x1b[8m",
            "\x1b[2J",
            "\x1b]0;x\x07",
            "\x1b[38;5;0m",
            "\x1b[",
            "\x1b",
            "\u{9b}31m",
            "a\u{202e}b",
            "\r",
        ] {
            let shown = sieve(text, Colours::Painted);
            assert!(shown.chars().all(|c| !hides(c)), "{shown:?}");
        }
    }

    #[test]
    fn a_document_stays_the_same_document() {
        let value = serde_json::json!({ "a\u{202e}": "\u{85}\u{2028}\u{e0041}\x1b\n☺é" });
        for text in [value.to_string(), format!("{value:#}")] {
            let document = json(&text);
            assert!(document.chars().all(|c| c == '\n' || !hides(c)), "{document}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), value);
        }
        assert!(json(&value.to_string()).contains("\\udb40\\udc41"));
    }
}
