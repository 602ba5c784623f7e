//! What bars are drawn of, and its values in words.

use crate::model::{Unit, Value};
use crate::present::plain::count;

/// What bars are drawn of. All bars of one resource have the same scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Percent of one CPU.
    Cpu,
    /// Bytes.
    Memory,
    /// A number of processes.
    Pids,
}

impl Resource {
    pub const ALL: [Resource; 3] = [Resource::Cpu, Resource::Memory, Resource::Pids];

    pub fn name(self) -> &'static str {
        match self {
            Resource::Cpu => "cpu",
            Resource::Memory => "memory",
            Resource::Pids => "pids",
        }
    }

    /// The files with its use, its highest use, and its limits with a word for each. The use of a CPU is not in a file.
    pub fn files(self) -> (&'static str, &'static str, &'static [(&'static str, &'static str)]) {
        match self {
            Resource::Cpu => ("", "", &[("cpu.max", "limit")]),
            Resource::Memory => {
                ("memory.current", "memory.peak", &[("memory.max", "limit"), ("memory.high", "memory.high")])
            }
            Resource::Pids => ("pids.current", "pids.peak", &[("pids.max", "limit")]),
        }
    }
}

/// A value with its unit, short.
pub fn value_text(resource: Resource, value: f64) -> String {
    match resource {
        Resource::Cpu if value % 100.0 == 0.0 && value > 0.0 => count((value / 100.0) as usize, "CPU"),
        Resource::Cpu => format!("{} of 1 CPU", Value::Quantity(value, Unit::Percent)),
        Resource::Memory => bytes(value),
        Resource::Pids => format!("{value}"),
    }
}

/// Bytes in the unit that a person would choose.
pub fn bytes(value: f64) -> String {
    const UNITS: [(&str, f64); 3] = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1024.0)];
    match UNITS.iter().find(|(_, size)| value >= *size) {
        Some((unit, size)) => {
            let number = format!("{:.1}", value / size);
            format!("{} {unit}", number.strip_suffix(".0").unwrap_or(&number))
        }
        None => format!("{value} bytes"),
    }
}
