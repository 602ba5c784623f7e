//! Workloads, and the programs that boxes run.

use super::super::yields::Yields;
use super::define::{Define, Facts, Personal, Readable, Role, about, of_process, reader};
use crate::model::Unit;

reader! { Rss(String), "The resident memory of a workload." }
reader! { Announced(String), "The memory that a workload said it has taken." }
reader! { Output(String), "What the last program of a box has printed." }
reader! { ExitStatus(String), "How the last program of a box ended." }

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
