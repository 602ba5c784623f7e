//! Processes: `/proc/PID/stat`, `/proc/PID/status`, `/proc/PID/comm`.

use super::text;
use crate::model::{Errno, Process, Row};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether the process with this directory in `/proc` runs the lab's own program, whatever it is called.
pub fn is_own_program(directory: &Path) -> bool {
    let program = |directory: &Path| {
        let found = std::fs::metadata(directory.join("exe")).ok()?;
        Some((found.dev(), found.ino()))
    };
    let own = program(Path::new("/proc/self"));
    own.is_some() && program(directory) == own
}

/// What `/proc/PID/stat` says that the lab needs (`proc_pid_stat(5)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The name, `comm`.
    pub name: String,
    /// The state's letter.
    pub state: char,
    /// Parent.
    pub parent: i32,
    /// Process group.
    pub group: i32,
    /// Session.
    pub session: i32,
    /// The foreground process group of its terminal; -1 without one.
    pub foreground: i32,
    /// It has begun to exit (`PF_EXITING` in `linux/sched.h`).
    pub exiting: bool,
    /// CPU time in user and kernel mode, in clock ticks.
    pub ticks: u64,
    /// When it started, in clock ticks since boot: with the number, this identifies a process for good.
    pub started: u64,
}

const PF_EXITING: u64 = 0x4;

/// Reads a stat file's text. The name stands in parentheses and may itself contain blanks and parentheses, so the last `)` counts.
pub fn parse_stat(text: &str) -> Option<Stat> {
    let (open, close) = (text.find('(')?, text.rfind(')')?);
    let name = text.get(open + 1..close)?.to_owned();
    let fields: Vec<&str> = text.get(close + 2..)?.split_ascii_whitespace().collect();
    Some(Stat {
        name,
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        foreground: fields.get(5)?.parse().ok()?,
        exiting: fields.get(6)?.parse::<u64>().ok()? & PF_EXITING != 0,
        ticks: fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// The stat of a process.
pub fn stat(proc_root: &Path, pid: i32) -> io::Result<Stat> {
    let text = text::read(&proc_root.join(pid.to_string()).join("stat"))?;
    parse_stat(&text).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The children of a process, those of all its threads (`proc_tid_children(5)`). One that starts or ends meanwhile may be missing.
///
/// # Errors
/// `ENOENT` where the kernel does not list them (`CONFIG_PROC_CHILDREN`), or the process is gone.
pub fn children(proc_root: &Path, pid: i32) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for thread in std::fs::read_dir(proc_root.join(format!("{pid}/task")))? {
        let text = text::read(&thread?.path().join("children"))?;
        found.extend(text.split_ascii_whitespace().filter_map(|n| n.parse::<i32>().ok()));
    }
    Ok(found)
}

/// Alive, zombie or gone. A process is gone when a procfs that shows the reader does not show it; where no procfs is mounted nobody can tell.
pub fn state(proc_root: &Path, pid: i32) -> io::Result<Process> {
    match stat(proc_root, pid) {
        Ok(s) if s.state == 'Z' => Ok(Process::Zombie),
        // Nothing is left of it but the kernel's own record (`EXIT_DEAD`).
        Ok(s) if s.state == 'X' => Ok(Process::Gone),
        Ok(s) => Ok(Process::Alive(s.state)),
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => Ok(Process::Gone),
        Err(e) if e.kind() == io::ErrorKind::NotFound && proc_root.join("self/stat").exists() => {
            Ok(Process::Gone)
        }
        Err(e) => Err(e),
    }
}

/// A field of `/proc/PID/status`, without its name; `process` is a directory such as `/proc/self`. Some processes lack some: a zombie has
/// no memory, and so no `VmRSS`.
pub fn status_field(process: &Path, field: &str) -> io::Result<String> {
    field_of(&text::read(&process.join("status"))?, field)
}

/// The same of the file's text.
pub(super) fn field_of(status: &str, field: &str) -> io::Result<String> {
    status
        .lines()
        .find_map(|l| l.strip_prefix(field)?.strip_prefix(':'))
        .map(|v| v.trim().to_owned())
        .ok_or_else(text::absent)
}

/// The process's numbers, one a PID namespace, outermost first (`NSpid`).
pub fn numbers(proc_root: &Path, pid: i32) -> io::Result<Vec<i32>> {
    let text = status_field(&proc_root.join(pid.to_string()), "NSpid")?;
    Ok(text.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect())
}

/// The processes that a procfs lists: rows `pid name`.
pub fn list(proc_root: &Path) -> io::Result<Vec<Row>> {
    let mut pids: Vec<i32> =
        std::fs::read_dir(proc_root)?.filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    Ok(pids
        .into_iter()
        .filter_map(|pid| {
            let name = match stat(proc_root, pid) {
                Ok(stat) => stat.name,
                // It has ended since the directory was read.
                Err(e) if e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH) => {
                    return None;
                }
                Err(e) => format!("({})", Errno::of(&e)),
            };
            Some(Row::new([("pid", pid.to_string()), ("name", name)]))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses() {
        let text = "42 (a) b) S 7 1 1 0 -1 0 0 0 0 0 11 4 0 0 20 0 1 0 5566 0 0";
        let s = parse_stat(text).expect("a stat line");
        assert_eq!((s.name.as_str(), s.state, s.parent, s.ticks, s.started), ("a) b", 'S', 7, 15, 5566));
        assert!(!s.exiting);
        let exiting = "42 (init) S 7 1 1 0 -1 4194564 0 0 0 0 0 0 0 0 20 0 1 0 5566 0 0";
        assert!(parse_stat(exiting).expect("a stat line").exiting);
    }

    /// A procfs with one process, 42, and with the reader itself or without.
    fn tree(name: &str, with_self: bool) -> std::path::PathBuf {
        let top = std::env::temp_dir().join(format!("isolab-probe-{}-{name}", std::process::id()));
        let line = b"42 (caf\xe9) S 7 1 1 0 -1 0 0 0 0 0 11 4 0 0 20 0 1 0 5566 0 0";
        std::fs::create_dir_all(top.join("42")).expect("a directory");
        std::fs::write(top.join("42/stat"), line).expect("a file");
        std::fs::write(top.join("42/status"), "Name:\tx\nNSpid:\t42\n").expect("a file");
        if with_self {
            std::fs::create_dir_all(top.join("self")).expect("a directory");
            std::fs::write(top.join("self/stat"), line).expect("a file");
        }
        top
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_shown_and_the_process_stays_in_the_list() {
        let top = tree("name", true);
        let rows = list(&top);
        std::fs::remove_dir_all(&top).expect("removed");
        assert_eq!(rows.expect("a list"), [Row::new([("pid", "42".into()), ("name", "caf\\xe9".into())])]);
    }

    #[test]
    fn a_process_is_gone_only_where_processes_are_seen() {
        let (seen, blind) = (tree("seen", true), tree("blind", false));
        let found = (state(&seen, 43), state(&blind, 43), state(&blind, 42));
        std::fs::remove_dir_all(&seen).expect("removed");
        std::fs::remove_dir_all(&blind).expect("removed");
        assert_eq!(found.0.expect("read"), Process::Gone);
        assert_eq!(found.1.expect_err("no procfs").raw_os_error(), Some(libc::ENOENT));
        assert_eq!(found.2.expect("read"), Process::Alive('S'));
    }

    #[test]
    fn a_field_that_is_not_there_is_no_error_of_the_kernel() {
        let top = tree("field", true);
        let (there, absent) =
            (status_field(&top.join("42"), "NSpid"), status_field(&top.join("42"), "VmRSS"));
        std::fs::remove_dir_all(&top).expect("removed");
        assert_eq!(there.expect("a field"), "42");
        assert!(text::is_absent(&absent.expect_err("no field")));
    }
}
