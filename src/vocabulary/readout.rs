//! Readouts: what is read, and by whom.

use super::general::{Entry, Modifiers};
use super::reader::Reader;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::MapAccess;

/// What may stand beside a readout's viewpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct ReadoutModifiers {
    /// Some kernels do not have it; then it is shown as not measured and its expectations do not apply.
    pub optional: bool,
}

impl Modifiers for ReadoutModifiers {
    const KEYS: &'static [&'static str] = &["optional"];
    fn set<'de, A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        self.optional = map.next_value()?;
        Ok(())
    }
}

/// `VIEWPOINT: { READER: OBJECT }`.
pub type Readout = Entry<Reader, ReadoutModifiers>;

impl Readout {
    /// Whether it is captured while a step is made; see [`Reader::is_captured`].
    pub fn is_captured(&self) -> bool {
        self.verbs.first().is_some_and(Reader::is_captured)
    }

    /// The cgroup or workload whose share of a CPU it measures; see [`Reader::share_of`].
    pub fn share_of(&self) -> Option<&str> {
        self.verbs.first()?.share_of()
    }
}
