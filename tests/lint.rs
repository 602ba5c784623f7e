//! Mistakes in lessons: each is found, located and explained; the built-in lessons have none.

use isolab::lesson::Catalog;
use std::collections::BTreeMap;

#[test]
fn built_in_lessons_have_no_mistakes() {
    let mut found = String::new();
    for source in Catalog::built_in().sources() {
        for diagnostic in source.load(&BTreeMap::new()).err().unwrap_or_default() {
            found.push_str(&format!("{diagnostic}\n"));
        }
    }
    assert!(found.is_empty(), "{found}");
}
