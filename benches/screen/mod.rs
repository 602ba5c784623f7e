//! A program on a terminal, as the benches measure it from outside.

#![allow(dead_code)]

#[path = "../../tests/common/pty.rs"]
pub mod pty;

use isolab::lesson::Catalog;
use pty::{Pty, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Columns and rows; at the second size only keys.
pub const SIZE: (u16, u16) = (120, 40);
pub const WIDE: (u16, u16) = (200, 60);
/// A frame is complete when nothing more was written for so long.
pub const QUIET: Duration = Duration::from_millis(60);
/// No frame and no answer takes longer.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// What is measured.
pub struct Subject {
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// On the screen when its first frame is complete.
    pub marker: String,
    /// Keys to type after the first frame, each with what is then on the screen, before it is left alone.
    pub into: Vec<(&'static str, &'static str)>,
    /// Two keys, the second undoes the first; each changes the screen.
    pub keys: [&'static str; 2],
}

/// The title of a lesson's first step: it is on the screen when the lesson is open.
pub fn first_title(id: &str) -> String {
    let catalog = Catalog::built_in();
    let lesson =
        catalog.find(id).expect("a lesson").load(&BTreeMap::new()).expect("a lesson without mistakes");
    lesson.steps[0].title.clone()
}

pub fn start(subject: &Subject, size: (u16, u16), home: &Path) -> Result<(Pty, Duration), String> {
    let pty = Pty::start(size, &subject.program, |command| {
        command.args(&subject.arguments).env("XDG_STATE_HOME", home).current_dir("/");
    });
    pty.record();
    if !pty.shows(PATIENCE, |screen| text(screen).contains(&subject.marker)) {
        return Err(format!("no `{}` on its screen, but\n{}", subject.marker, pty.screen()));
    }
    pty.wait_quiet(QUIET);
    // What is written without a change of the screen is no part of the frame.
    let complete = pty.chunks().iter().rev().find(|c| c.changed).map(|c| c.at);
    let complete =
        complete.ok_or_else(|| format!("{} was there before it was looked for", subject.marker))?;
    let took = complete.duration_since(pty.executed());
    Ok((pty, took))
}

pub fn go_into(subject: &Subject, pty: &Pty) -> Result<(), String> {
    for (key, marker) in &subject.into {
        pty.keys(key);
        if !pty.shows(PATIENCE, |screen| text(screen).contains(marker)) {
            return Err(format!("no `{marker}` after {key}, but\n{}", pty.screen()));
        }
    }
    Ok(())
}

/// What processes have used so far.
#[derive(Default)]
pub struct Usage {
    /// Seconds.
    pub cpu: f64,
    /// Context switches, voluntary and involuntary.
    pub switches: f64,
    /// `VmRSS` in megabytes.
    pub rss: f64,
}

impl Usage {
    /// All their threads (`proc_pid_status(5)`, `proc_pid_task(5)`; `schedstat` counts nanoseconds where `stat` has ticks).
    pub fn of(pids: &[i32]) -> Self {
        let mut usage = Usage::default();
        for pid in pids {
            let directory = PathBuf::from(format!("/proc/{pid}"));
            usage.rss += field(&directory, "VmRSS:") / 1024.0;
            for task in std::fs::read_dir(directory.join("task")).into_iter().flatten().flatten() {
                let schedstat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
                let ran: f64 =
                    schedstat.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(f64::NAN);
                usage.cpu += ran / 1e9;
                usage.switches += field(&task.path(), "voluntary_ctxt_switches:")
                    + field(&task.path(), "nonvoluntary_ctxt_switches:");
            }
        }
        usage
    }
}

pub fn field(directory: &Path, name: &str) -> f64 {
    let status = std::fs::read_to_string(directory.join("status")).unwrap_or_default();
    let value =
        status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    value.unwrap_or(f64::NAN)
}

pub fn millis(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

/// The value below which this part of them lies.
pub fn at(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}
