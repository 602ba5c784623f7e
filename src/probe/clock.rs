//! Clocks, the offsets of a time namespace, CPUs, `sysinfo(2)`.

use crate::model::{Fact, Row, Unit, Value};
use crate::vocabulary::reader::{Clock, Sysinfo};
use rustix::time::{ClockId, clock_gettime};
use std::io;

/// A clock in seconds, without the fraction, which no two reads share.
pub(super) fn time(clock: Clock) -> Fact {
    let id = match clock {
        Clock::Boottime => ClockId::Boottime,
        Clock::Monotonic => ClockId::Monotonic,
        Clock::Realtime => ClockId::Realtime,
    };
    Fact::of(Value::Quantity(clock_gettime(id).tv_sec as f64, Unit::Seconds))
}

/// Rows `clock seconds` of `/proc/PID/timens_offsets` (`time_namespaces(7)`), whose lines are `CLOCK SECONDS NANOSECONDS`.
pub(super) fn offsets(raw: String) -> Fact {
    let row = |line: &str| {
        let mut fields = line.split_ascii_whitespace().map(str::to_owned);
        Some(Row::new([("clock", fields.next()?), ("seconds", fields.next()?)]))
    };
    Fact { value: Value::Table(raw.lines().filter_map(row).collect()), raw }
}

/// How many CPUs the caller may run on.
pub(super) fn cpus() -> io::Result<Fact> {
    let set = rustix::thread::sched_getaffinity(None)?;
    Ok(Fact::of(Value::Int(i64::from(set.count()))))
}

/// A field of `struct sysinfo`, whose sizes are counted in units of `mem_unit` bytes.
pub(super) fn sysinfo(field: Sysinfo) -> Fact {
    let all = rustix::system::sysinfo();
    let bytes = |units: u64| Value::Quantity(units as f64 * f64::from(all.mem_unit), Unit::Bytes);
    Fact::of(match field {
        Sysinfo::Uptime => Value::Quantity(all.uptime as f64, Unit::Seconds),
        Sysinfo::Totalram => bytes(all.totalram),
        Sysinfo::Freeram => bytes(all.freeram),
        Sysinfo::Procs => Value::Int(i64::from(all.procs)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_rows() {
        let fact = offsets("monotonic           0         0\nboottime     86400         0\n".to_owned());
        let Value::Table(rows) = fact.value else { panic!("{fact:?}") };
        let seconds: Vec<Option<&str>> = rows.iter().map(|row| row.get("seconds")).collect();
        assert_eq!(seconds, [Some("0"), Some("86400")]);
    }
}
