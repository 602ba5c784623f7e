//! Colours only repeat what signs and words say. In a test program of its own, because the override is the process's.

mod common {
    pub mod records;
}

use common::records::{all, options};
use isolab::report::prose::prose;
use isolab::report::{Format, reporter};

fn text() -> String {
    String::from_utf8(reporter(Format::Text, options(80)).finish(&all())).expect("UTF-8")
}

/// The text without `ESC [ … m`.
fn bare(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |bare, part| bare + part.split_once('m').expect("a colour ends with m").1)
}

#[test]
fn without_colours_nothing_is_lost() {
    colored::control::set_override(true);
    let colored = text();
    let marked = prose("The `file` is *not* **it**: 2 * 3 * 4\n", "", 80);
    colored::control::set_override(false);
    let plain = text();
    assert_ne!(colored, plain);
    let unpadded = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(unpadded(&bare(&colored)), unpadded(&plain));
    assert_eq!(bare(&marked), "The file is not it: 2 * 3 * 4\n");
    assert_eq!(prose("The `file`\n", "", 80), "The `file`\n", "marks stay where colours do not replace them");

    for line in colored.lines() {
        let (sequences, resets) = (line.matches("\x1b[").count(), line.matches("\x1b[0m").count());
        assert_eq!(sequences, 2 * resets, "a colour runs over the end of: {line:?}");
    }
}
