//! Which values and alternatives of a lesson are wanted, and which ones it has got.

use super::general::{misfit, text_value};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The most characters of a seed.
const LONGEST_SEED: usize = 100;

/// A text that chooses the values of the parameters that vary, and the alternatives: a student's id. Two seeds are the same if all their bytes are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(String);

impl Seed {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() || text.trim() != text {
            return Err(misfit(
                "a seed neither is empty nor begins or ends with a space",
                "write a text such as a student's id",
                "",
            ));
        }
        if text.chars().count() > LONGEST_SEED || text.chars().any(char::is_control) {
            let help = "write a text such as a student's id";
            return Err(misfit(
                &format!("a seed has at most {LONGEST_SEED} characters, all of them printable"),
                help,
                "",
            ));
        }
        Ok(Seed(text.to_owned()))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Seed);

/// What a person wants of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Chooses all values that vary, and the alternatives; without it, the defaults and the first alternatives are taken.
    pub seed: Option<Seed>,
    /// Values by the parameter's name; they go before those of the seed.
    pub set: BTreeMap<String, String>,
}

/// What was chosen in a lesson; empty, where nobody has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chosen {
    /// The seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// The value of each parameter.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub values: IndexMap<String, String>,
    /// The alternative that was taken, by the step's id.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub alternatives: IndexMap<String, String>,
}

impl Chosen {
    /// Whether nobody has chosen anything.
    pub fn is_empty(&self) -> bool {
        *self == Chosen::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_short_text() {
        for good in ["alice", "s1234567", "Ana María", "a/b:c", &"x".repeat(100)] {
            assert_eq!(good.parse::<Seed>().map(|seed| seed.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", " ", " a", "a\n", "a\u{1b}[31m", &"x".repeat(101)] {
            assert!(bad.parse::<Seed>().is_err(), "{bad:?}");
        }
    }
}
