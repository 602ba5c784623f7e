//! Who a process is: the names of its UTS namespace, its ids, their maps, its capabilities.

use super::super::general::{short, text_value, with_help};
use super::super::spelling::quoted;
use super::super::suggest::suggest;
use super::super::{Capability, Many, Ns};
use super::define::{Define, verb};
use super::says::{ByHand, Facts, Locator, Maker, Mention, Mentions, MustExist, Touch};
use crate::model::capability::EVERY_CAPABILITY;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The longest host or domain name, in bytes (`sethostname(2)`).
const HOST_NAME_MAX: usize = 64;

/// Stands in an id map for the id that the writer had before it made its user namespace, which differs by who runs the lab.
pub const OWN_ID: &str = "own";

verb! {
    Sethostname(String), "`bird`", "`sethostname(2)`, up to 64 bytes"
}
verb! {
    Setdomainname(String), "`lab`", "`setdomainname(2)`, likewise"
}
verb! {
    UidMap(IdMap),
    "`\"0 own 1\"`, or `{ map: \"0 1000 1\", of: BOX }`",
    "writes `uid_map`: inside, outside, count, a line each; `own` is the id that the box had before its `unshare`"
}
verb! {
    GidMap(IdMap), "as `uid_map`", "writes `gid_map`"
}
verb! {
    Setgroups(String), "`deny`", "writes `setgroups`: `deny` or `allow`"
}
verb! {
    Setuid(u32), "`1000`", "`setresuid(2)`, all three"
}
verb! {
    Setgid(u32), "`1000`", "`setresgid(2)`, all three"
}
verb! {
    DropCapabilities(Many<Dropped>), "`[net_admin]`, or `all`", "gives up capabilities"
}

short! {
    /// Lines for `uid_map` or `gid_map` (`user_namespaces(7)`).
    IdMap . /** `INSIDE OUTSIDE COUNT`, a line each; OUTSIDE may be [`OWN_ID`]. */ map: MapText {
        /** Whose map; the writer's own if absent. */ of: String,
    }
}

/// The text of an id map. It may be one that the kernel refuses, which can be what a lesson shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MapText(String);

impl From<String> for MapText {
    fn from(text: String) -> Self {
        MapText(text)
    }
}

impl MapText {
    /// Whether the kernel takes such lines; `own` is a word only in the writer's own map.
    fn is_map(&self, may_own: bool) -> bool {
        let number = |word: &str| word.parse::<u32>().is_ok();
        let numbers = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            matches!(words.as_slice(), [inside, outside, count] if number(inside) && number(count)
                && (number(outside) || (*outside == OWN_ID && may_own)))
        };
        !self.0.trim().is_empty() && self.0.lines().all(numbers)
    }

    /// The text as it is written, with this id for [`OWN_ID`]; nothing where that is needed and not known.
    pub fn with_own(&self, id: Option<u32>) -> Option<Cow<'_, str>> {
        let is_own = |word: &str| word == OWN_ID;
        if !self.0.split([' ', '\n']).any(is_own) {
            return Some(Cow::Borrowed(&self.0));
        }
        let id = id?.to_string();
        let line = |line: &str| {
            line.split(' ').map(|word| if is_own(word) { &id } else { word }).collect::<Vec<_>>().join(" ")
        };
        Some(Cow::Owned(self.0.split('\n').map(line).collect::<Vec<_>>().join("\n")))
    }
}

/// A capability to give up, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// Every capability.
    All,
    /// This one.
    One(Capability),
}

impl FromStr for Dropped {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == EVERY_CAPABILITY {
            return Ok(Dropped::All);
        }
        Capability::named(text).map(Dropped::One).ok_or_else(|| {
            let known = Capability::words();
            let help = suggest(text, known.iter().map(String::as_str)).unwrap_or_default();
            with_help(&format!("unknown capability `{text}`"), &help)
        })
    }
}

text_value!(Dropped);

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Dropped::All => f.write_str(EVERY_CAPABILITY),
            Dropped::One(capability) => f.write_str(&capability.word()),
        }
    }
}

/// A verb that changes only the actor, and is made by it alone.
fn of_itself(mentions: Mentions<'_>) -> Facts<'_> {
    Facts {
        mentions,
        effects: vec![],
        touches: vec![Touch::Itself],
        abilities: vec![],
        by_hand: ByHand::Itself,
        maker: Maker::Executor,
        memory: None,
    }
}

/// A name of the UTS namespace.
fn of_name<'a>(name: &str, call: &'static str) -> Facts<'a> {
    let long = || {
        let message = format!("{} bytes; the kernel accepts {HOST_NAME_MAX}", name.len());
        (Locator::object(), Mention::refused(message, "write a shorter name, or add `fails: EINVAL`"))
    };
    Facts {
        mentions: (name.len() > HOST_NAME_MAX).then(long).into_iter().collect(),
        effects: vec![],
        touches: vec![Touch::Namespace(Ns::Uts, call)],
        abilities: vec![],
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

impl IdMap {
    fn plan(&self, file: &str) -> String {
        let whose = self.of.as_ref().map_or_else(|| "self".to_owned(), |of| format!("<{of}>"));
        format!("write {} to /proc/{whose}/{file}", quoted(self.map.0.trim_end()))
    }

    fn mentions(&self) -> Mentions<'_> {
        let mut mentions = Vec::new();
        if let Some(of) = &self.of {
            mentions.push((Locator::object().field("of"), Mention::Box(of, MustExist::Now)));
        }
        if !self.map.is_map(self.of.is_none()) {
            let message = format!("`{}` is not an id map", self.map.0.trim_end());
            let help = "write INSIDE OUTSIDE COUNT: `0 1000 1`, or `0 own 1` for the box's own; or say which error it `fails` with";
            mentions.push((Locator::object().field("map"), Mention::refused(message, help)));
        }
        mentions
    }
}

impl Define for Sethostname {
    fn plan(&self) -> String {
        format!("sethostname({})", quoted(&self.0))
    }

    fn facts(&self) -> Facts<'_> {
        of_name(&self.0, "sethostname")
    }
}

impl Define for Setdomainname {
    fn plan(&self) -> String {
        format!("setdomainname({})", quoted(&self.0))
    }

    fn facts(&self) -> Facts<'_> {
        of_name(&self.0, "setdomainname")
    }
}

impl Define for UidMap {
    fn plan(&self) -> String {
        self.0.plan("uid_map")
    }

    fn facts(&self) -> Facts<'_> {
        of_itself(self.0.mentions())
    }
}

impl Define for GidMap {
    fn plan(&self) -> String {
        self.0.plan("gid_map")
    }

    fn facts(&self) -> Facts<'_> {
        of_itself(self.0.mentions())
    }
}

impl Define for Setgroups {
    fn plan(&self) -> String {
        format!("write {} to /proc/self/setgroups", quoted(&self.0))
    }

    fn facts(&self) -> Facts<'_> {
        let wrong = || {
            let message = format!("`{}` is not a value of this file", self.0);
            (Locator::object(), Mention::refused(message, "write `deny` or `allow`"))
        };
        let known = ["allow", "deny"].contains(&self.0.as_str());
        of_itself((!known).then(wrong).into_iter().collect())
    }
}

impl Define for Setuid {
    fn plan(&self) -> String {
        format!("setresuid({0}, {0}, {0})", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        of_itself(vec![])
    }
}

impl Define for Setgid {
    fn plan(&self) -> String {
        format!("setresgid({0}, {0}, {0})", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        of_itself(vec![])
    }
}

impl Define for DropCapabilities {
    fn plan(&self) -> String {
        let names: Option<Vec<String>> = self
            .0
            .0
            .iter()
            .map(|dropped| match dropped {
                Dropped::All => None,
                Dropped::One(capability) => Some(capability.to_string()),
            })
            .collect();
        match names {
            None => "give up every capability".to_owned(),
            Some(names) => format!("give up {}", names.join(", ")),
        }
    }

    fn facts(&self) -> Facts<'_> {
        of_itself(vec![])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_id_is_put_in_where_it_is_written() {
        let map = MapText::from("0 own 1\n1 100000 2\n".to_owned());
        assert_eq!(map.with_own(Some(1000)).as_deref(), Some("0 1000 1\n1 100000 2\n"));
        assert_eq!(map.with_own(None), None);
        assert!(map.is_map(true) && !map.is_map(false));
        let plain = MapText::from("0  5 1".to_owned());
        assert_eq!(plain.with_own(None).as_deref(), Some("0  5 1"));
        assert!(plain.is_map(false));
        assert!(!MapText::from(String::new()).is_map(true));
    }
}
