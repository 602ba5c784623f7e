//! Clocks and the offsets of a time namespace, the CPUs that a process may use, and what `sysinfo(2)` tells.

use super::super::scalar::Ns;
use super::super::yields::Yields;
use super::define::{Define, Facts, Personal, at_the_viewpoint, reader};
use crate::model::Unit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

reader! { TimensOffsets, "The offsets of the time namespace of the reader's children to come." }
reader! { Cpus, "How many CPUs the reader may run on." }

/// A clock of `clock_gettime(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Clock {
    /// Since the machine was started, with the time in which it slept.
    Boottime,
    /// Since a moment that is not defined, which on Linux is the start of the machine; without the time in which it slept.
    Monotonic,
    /// The calendar: since 1970.
    Realtime,
}

impl Clock {
    /// Its name in C.
    pub fn name(self) -> &'static str {
        match self {
            Clock::Boottime => "CLOCK_BOOTTIME",
            Clock::Monotonic => "CLOCK_MONOTONIC",
            Clock::Realtime => "CLOCK_REALTIME",
        }
    }
}

/// A field of `struct sysinfo` (`sysinfo(2)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Sysinfo {
    /// Seconds since the machine was started.
    Uptime,
    /// The machine's memory in bytes.
    Totalram,
    /// What of it nobody uses.
    Freeram,
    /// The number of processes and threads on the machine.
    Procs,
}

impl Sysinfo {
    /// Its name in C.
    pub fn name(self) -> &'static str {
        match self {
            Sysinfo::Uptime => "uptime",
            Sysinfo::Totalram => "totalram",
            Sysinfo::Freeram => "freeram",
            Sysinfo::Procs => "procs",
        }
    }
}

impl Define for Clock {
    const OBJECT: &'static str = "`boottime`, `monotonic` or `realtime`";

    fn words(&self) -> String {
        format!("clock_gettime({})", self.name())
    }

    fn facts(&self) -> Facts<'_, Self> {
        at_the_viewpoint(Yields::Number(Some(Unit::Seconds)), Some(Ns::Time))
    }
}

impl Define for TimensOffsets {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "/proc/self/timens_offsets".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        Facts {
            personal: Some(Personal::Credentials),
            ..at_the_viewpoint(Yields::Rows(&["clock", "seconds"]), None)
        }
    }
}

impl Define for Cpus {
    const OBJECT: &'static str = "";

    fn words(&self) -> String {
        "sched_getaffinity(2)".to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        at_the_viewpoint(Yields::Number(None), None)
    }
}

impl Define for Sysinfo {
    const OBJECT: &'static str = "`uptime`, `totalram`, `freeram` or `procs`";

    fn words(&self) -> String {
        format!("{} of sysinfo(2)", self.name())
    }

    fn facts(&self) -> Facts<'_, Self> {
        let unit = match self {
            Sysinfo::Uptime => Some(Unit::Seconds),
            Sysinfo::Totalram | Sysinfo::Freeram => Some(Unit::Bytes),
            Sysinfo::Procs => None,
        };
        at_the_viewpoint(Yields::Number(unit), None)
    }
}
