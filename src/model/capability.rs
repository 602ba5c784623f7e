//! Capabilities (`capabilities(7)`). The list is that of [`CapabilitySet`].

use rustix::thread::CapabilitySet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The word for all of them together.
pub const EVERY_CAPABILITY: &str = "all";

/// One capability. A lesson calls it by its name without `CAP_`, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Capability(CapabilitySet);

impl Capability {
    /// All of them, by number.
    pub fn all() -> impl Iterator<Item = Capability> {
        CapabilitySet::all().iter_names().map(|(_, one)| Capability(one))
    }

    /// The one with this number.
    pub fn numbered(number: u64) -> Option<Self> {
        let bit = u32::try_from(number).ok().and_then(|n| 1_u64.checked_shl(n))?;
        Capability::all().find(|c| c.0.bits() == bit)
    }

    /// The one that a lesson calls so.
    pub fn named(word: &str) -> Option<Self> {
        Capability::all().find(|c| c.word() == word)
    }

    /// The words that a lesson may use, in alphabetical order: one for each, and one for all together.
    pub fn words() -> Vec<String> {
        let mut words: Vec<String> = Capability::all().map(Capability::word).collect();
        words.push(EVERY_CAPABILITY.to_owned());
        words.sort_unstable();
        words
    }

    /// The set of these words, if each is one of [`Self::words`].
    pub fn set_of(words: &[String]) -> Option<CapabilitySet> {
        words.iter().try_fold(CapabilitySet::empty(), |set, word| {
            let more =
                if word == EVERY_CAPABILITY { CapabilitySet::all() } else { Capability::named(word)?.0 };
            Some(set | more)
        })
    }

    /// Its word in a lesson: `sys_admin`.
    pub fn word(self) -> String {
        self.upper().to_ascii_lowercase()
    }

    fn upper(self) -> &'static str {
        self.0.iter_names().next().map_or("", |(name, _)| name)
    }
}

/// As the manual writes it: `CAP_SYS_ADMIN`.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "CAP_{}", self.upper())
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> String {
        capability.word()
    }
}

impl TryFrom<String> for Capability {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Capability::named(&word).ok_or_else(|| format!("unknown capability `{word}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_header() {
        let all: Vec<String> = Capability::all().map(|c| c.to_string()).collect();
        assert_eq!(all.len(), 41, "CAP_LAST_CAP is 40 (linux/capability.h)");
        assert_eq!((all[0].as_str(), all[21].as_str()), ("CAP_CHOWN", "CAP_SYS_ADMIN"));
        for (number, capability) in Capability::all().enumerate() {
            assert_eq!(Capability::numbered(number as u64), Some(capability));
            assert_eq!(Capability::named(&capability.word()), Some(capability));
        }
        assert_eq!(Capability::numbered(41), None);
        assert_eq!(Capability::numbered(64), None);
    }
}
