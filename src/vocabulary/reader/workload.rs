//! Workloads, and the programs that boxes run.

use super::super::general::{misfit, text_value};
use super::super::yields::Yields;
use super::define::{Define, Facts, Personal, Readable, Role, about, of_process, reader};
use crate::model::Unit;
use std::fmt;
use std::str::FromStr;

reader! { Rss(String), "The resident memory of a workload." }
reader! { Announced(String), "The memory that a workload said it has taken." }
reader! { Output(String), "What the last program of a box has printed." }
reader! { ExitStatus(String), "How the last program of a box ended." }

/// How the forks of a workload ended, `WORKLOAD/made` or `WORKLOAD/failed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forks {
    /// The workload.
    pub workload: String,
    /// Whether those are counted that failed, and not those that made a child.
    pub failed: bool,
}

impl FromStr for Forks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let help = "write WORKLOAD/made or WORKLOAD/failed";
        let Some((workload, word)) = text.split_once('/') else {
            return Err(misfit(&format!("`{text}` does not say which forks"), help, text));
        };
        let failed = match word {
            "made" => false,
            "failed" => true,
            _ => return Err(misfit(&format!("`{word}` is not an end of a fork"), help, word)),
        };
        Ok(Forks { workload: workload.to_owned(), failed })
    }
}

impl fmt::Display for Forks {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.workload, if self.failed { "failed" } else { "made" })
    }
}

text_value!(Forks);

impl Define for Forks {
    const OBJECT: &'static str = "`WORKLOAD/made` or `WORKLOAD/failed`";

    fn words(&self) -> String {
        let ended = if self.failed { "failed with EAGAIN" } else { "made a child" };
        format!("how often fork {ended}, says {}", self.workload)
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(
            Some(about(&self.workload, Role::Workload, Readable::AlsoAfterItsEnd)),
            Yields::Number(None),
            Some(Personal::Announced),
        )
    }
}

impl Define for Rss {
    const OBJECT: &'static str = "`WORKLOAD`";

    fn words(&self) -> String {
        format!("VmRSS in /proc/<{}>/status", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        let about = Some(about(&self.0, Role::Workload, Readable::WhilePresent));
        of_process(about, Yields::Number(Some(Unit::Bytes)), Some(Personal::Memory))
    }
}

impl Define for Announced {
    const OBJECT: &'static str = "`WORKLOAD`";

    fn words(&self) -> String {
        format!("what {} says it has taken", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(
            Some(about(&self.0, Role::Workload, Readable::AlsoAfterItsEnd)),
            Yields::Number(Some(Unit::Bytes)),
            Some(Personal::Announced),
        )
    }
}

impl Define for Output {
    const OBJECT: &'static str = "`BOX`";

    fn words(&self) -> String {
        format!("what {}'s last program printed", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(
            Some(about(&self.0, Role::Box, Readable::AlsoAfterItsEnd)),
            Yields::Any,
            Some(Personal::Output),
        )
    }
}

impl Define for ExitStatus {
    const OBJECT: &'static str = "`BOX`";

    fn words(&self) -> String {
        format!("exit status of {}'s last program", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        of_process(
            Some(about(&self.0, Role::Box, Readable::AlsoAfterItsEnd)),
            Yields::Number(None),
            Some(Personal::ExitStatus),
        )
    }
}
