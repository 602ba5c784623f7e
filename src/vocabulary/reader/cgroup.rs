//! What cgroups limit and count.

use super::super::control::CgroupKnob;
use super::super::yields::Yields;
use super::define::{Define, Facts, ReadBy, Readable, Role, Varies, about, reader};
use crate::model::Unit;

reader! { KnobValue(CgroupKnob), "The value of a control file." }
reader! { CpuShare(String), "The share of one CPU that a cgroup or workload uses over a step's window." }

impl Define for KnobValue {
    const OBJECT: &'static str = "`CGROUP/cpu.max`, `CGROUP/memory.events/oom_kill`";

    fn words(&self) -> String {
        self.0.to_string()
    }

    fn facts(&self) -> Facts<'_, Self> {
        let counter = self.0.knob.content.counter;
        Facts {
            yields: self.0.knob.yields(),
            varies: if counter { Varies::Grows } else { Varies::Freely },
            about: Some(about(&self.0.cgroup, Role::Cgroup, Readable::WhilePresent)),
            path: None,
            read_by: ReadBy::Viewpoint,
            namespace: None,
            // Nothing that a person has mounted over the files is in the lab's way.
            from_outside: Some(Box::new(|_| KnobValue(self.0.clone()))),
            personal: None,
        }
    }
}

impl Define for CpuShare {
    const OBJECT: &'static str = "`CGROUP` or `WORKLOAD`";

    fn words(&self) -> String {
        format!("CPU time of {} in the window", self.0)
    }

    fn facts(&self) -> Facts<'_, Self> {
        Facts {
            yields: Yields::Number(Some(Unit::Percent)),
            varies: Varies::Freely,
            about: Some(about(&self.0, Role::CgroupOrWorkload, Readable::WhilePresent)),
            path: None,
            read_by: ReadBy::Window,
            namespace: None,
            from_outside: None,
            personal: None,
        }
    }
}
