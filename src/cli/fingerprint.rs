//! `isolab fingerprint`.

use super::args::Fingerprint as Asked;
use super::console::{complain, print};
use super::{exit, style};
use crate::model::Errno;
use crate::model::fingerprint::Fingerprint;
use crate::probe::fingerprint::fingerprint;
use crate::report::fingerprint::{differ, difference, difference_json, json, text};
use std::path::Path;

/// Prints what surrounds a process, or how two differ. Exits with 1 where two differ, as `diff(1)` does.
pub fn run(asked: &Asked) -> u8 {
    let own = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    let printed = (|| {
        let first = read(asked.pid.unwrap_or(own))?;
        let Some(other) = asked.diff else {
            let shown = if asked.json { json(&first) } else { text(&first, style::columns(false)) };
            return Ok((shown, exit::PASSED));
        };
        let second = read(other)?;
        let shown = if asked.json {
            difference_json(&first, &second)
        } else {
            difference(&first, &second, style::columns(false))
        };
        Ok((shown, if differ(&first, &second) { exit::FAILED } else { exit::PASSED }))
    })();
    match printed {
        Ok((shown, code)) => exit::told(code, print(&shown)),
        Err(code) => code,
    }
}

fn read(pid: i32) -> Result<Fingerprint, u8> {
    fingerprint(Path::new("/proc"), pid).map_err(|e| {
        let cause = Errno::of(&e);
        complain(&format!("read /proc/{pid}: {cause}\nname a process that is running: `ps -e` lists them"));
        exit::USAGE
    })
}
