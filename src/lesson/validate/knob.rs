//! Control files under their v2 names (kernel: `Documentation/admin-guide/cgroup-v2.rst`).

use crate::model::Unit;
use crate::vocabulary::suggest::suggest;
use crate::vocabulary::whole::Controller;

/// What a control file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One number, in this unit.
    Number(Option<Unit>),
    /// Process or thread numbers, a line each.
    Pids,
    /// Words.
    Words,
    /// Lines `name value`; a lesson names one of them, `memory.events/oom_kill`.
    Fields(&'static [&'static str]),
    /// Such lines too, of which there are many.
    ManyFields,
}

/// A control file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knob {
    /// Its name in cgroup v2, also where the machine has v1.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it can be written.
    pub writable: bool,
}

const fn knob(name: &'static str, holds: Holds, writable: bool) -> Knob {
    Knob { name, holds, writable }
}

const BYTES: Holds = Holds::Number(Some(Unit::Bytes));
const NUMBER: Holds = Holds::Number(None);

/// Every control file that a lesson may name.
pub const KNOBS: &[Knob] = &[
    knob("cgroup.controllers", Holds::Words, false),
    knob("cgroup.events", Holds::Fields(&["populated", "frozen"]), false),
    knob("cgroup.freeze", NUMBER, true),
    knob("cgroup.procs", Holds::Pids, true),
    knob("cgroup.stat", Holds::ManyFields, false),
    knob("cgroup.subtree_control", Holds::Words, true),
    knob("cgroup.threads", Holds::Pids, true),
    knob("cgroup.type", Holds::Words, true),
    knob("tasks", Holds::Pids, true),
    knob("cpu.idle", NUMBER, true),
    knob("cpu.max", Holds::Number(Some(Unit::Percent)), true),
    knob(
        "cpu.stat",
        Holds::Fields(&[
            "usage",
            "usage_usec",
            "user_usec",
            "system_usec",
            "nr_periods",
            "nr_throttled",
            "throttled_usec",
            "nr_bursts",
            "burst_usec",
        ]),
        false,
    ),
    knob("cpu.weight", Holds::Number(Some(Unit::Times)), true),
    knob("cpuset.cpus", Holds::Words, true),
    knob("cpuset.cpus.effective", Holds::Words, false),
    knob("cpuset.mems", Holds::Words, true),
    knob("cpuset.mems.effective", Holds::Words, false),
    knob("io.max", Holds::Words, true),
    knob("io.stat", Holds::Words, false),
    knob("io.weight", NUMBER, true),
    knob("memory.current", BYTES, false),
    knob("memory.events", Holds::Fields(&["low", "high", "max", "oom", "oom_kill", "oom_group_kill"]), false),
    knob("memory.high", BYTES, true),
    knob("memory.low", BYTES, true),
    knob("memory.max", BYTES, true),
    knob("memory.min", BYTES, true),
    knob("memory.oom.group", NUMBER, true),
    knob("memory.peak", BYTES, false),
    knob("memory.stat", Holds::ManyFields, false),
    knob("memory.swap.current", BYTES, false),
    knob("memory.swap.max", BYTES, true),
    knob("memory.swap.peak", BYTES, false),
    knob("pids.current", NUMBER, false),
    knob("pids.events", Holds::Fields(&["max"]), false),
    knob("pids.max", NUMBER, true),
    knob("pids.peak", NUMBER, false),
];

/// The second word of `cpu.max`, which v1 has in a file of its own.
const PERIOD: Knob = knob("cpu.max/period", Holds::Number(Some(Unit::Seconds)), false);

impl Knob {
    /// The controller that it belongs to; none for those that every cgroup has.
    pub fn controller(&self) -> Option<Controller> {
        if self.name == "cgroup.freeze" {
            return Some(Controller::Freezer); // a controller in v1, where v2 has it in every cgroup
        }
        match self.name.split('.').next()? {
            "cpu" => Some(Controller::Cpu),
            "memory" => Some(Controller::Memory),
            "pids" => Some(Controller::Pids),
            "cpuset" => Some(Controller::Cpuset),
            "io" => Some(Controller::Io),
            _ => None,
        }
    }
}

/// The control file `KNOB` or `KNOB/FIELD`, and the field.
///
/// # Errors
/// What to write instead.
pub(super) fn find(name: &str) -> Result<(&'static Knob, Option<&str>), String> {
    if name == PERIOD.name {
        return Ok((&PERIOD, None));
    }
    let (file, field) = name.split_once('/').map_or((name, None), |(a, b)| (a, Some(b)));
    let Some(knob) = KNOBS.iter().find(|k| k.name == file) else {
        return Err(suggest(file, KNOBS.iter().map(|k| k.name)).unwrap_or_default());
    };
    match (knob.holds, field) {
        (Holds::Fields(known), Some(field)) if !known.contains(&field) => {
            Err(suggest(field, known.iter().copied()).unwrap_or_default())
        }
        (Holds::Fields(_) | Holds::ManyFields, _) | (_, None) => Ok((knob, field)),
        _ if file == "cpu.max" => Err("the one field of `cpu.max` is `period`".to_owned()),
        _ => Err(format!("`{file}` has no fields")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_belongs_to_one_controller_or_to_the_core() {
        for knob in KNOBS {
            let core = knob.name.starts_with("cgroup.") || knob.name == "tasks";
            assert_eq!(knob.controller().is_none(), core && knob.name != "cgroup.freeze", "{}", knob.name);
        }
    }

    #[test]
    fn fields_are_known_where_the_file_has_few() {
        assert!(find("memory.events/oom_kill").is_ok());
        assert!(find("memory.stat/anon").is_ok());
        assert_eq!(find("memory.events/oomkill").unwrap_err(), "did you mean `oom_kill`?");
        assert_eq!(find("memory.max/x").unwrap_err(), "`memory.max` has no fields");
        assert_eq!(find("cpu.max/x").unwrap_err(), "the one field of `cpu.max` is `period`");
        assert!(find("cpu.max/period").is_ok());
        assert_eq!(find("cpu.mx").unwrap_err(), "did you mean `cpu.max`?");
    }
}
