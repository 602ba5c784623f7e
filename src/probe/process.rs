//! Processes: `/proc/PID/stat`, `/proc/PID/status`, `/proc/PID/comm`.

use crate::model::{Process, Row};
use std::io;
use std::path::Path;

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
    /// The foreground process group of its terminal; -1 without one.
    pub foreground: i32,
    /// CPU time in user and kernel mode, in clock ticks.
    pub ticks: u64,
    /// When it started, in clock ticks since boot: with the number, this identifies a process for good.
    pub started: u64,
}

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
        foreground: fields.get(5)?.parse().ok()?,
        ticks: fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// The stat of a process.
pub fn stat(proc_root: &Path, pid: i32) -> io::Result<Stat> {
    let text = std::fs::read_to_string(proc_root.join(pid.to_string()).join("stat"))?;
    parse_stat(&text).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The children of a process, or none where the kernel does not list them (`CONFIG_PROC_CHILDREN`, `proc_tid_children(5)`).
pub fn children(proc_root: &Path, pid: i32) -> io::Result<Vec<i32>> {
    let path = proc_root.join(format!("{pid}/task/{pid}/children"));
    let text = std::fs::read_to_string(path)?;
    Ok(text.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect())
}

/// Alive, zombie or gone.
pub fn state(proc_root: &Path, pid: i32) -> io::Result<Process> {
    match stat(proc_root, pid) {
        Ok(s) if s.state == 'Z' || s.state == 'X' => Ok(Process::Zombie),
        Ok(s) => Ok(Process::Alive(s.state)),
        Err(e) if e.kind() == io::ErrorKind::NotFound || e.raw_os_error() == Some(libc::ESRCH) => {
            Ok(Process::Gone)
        }
        Err(e) => Err(e),
    }
}

/// A field of `/proc/PID/status`, without its name; `process` is a directory such as `/proc/self`.
pub fn status_field(process: &Path, field: &str) -> io::Result<String> {
    let text = std::fs::read_to_string(process.join("status"))?;
    text.lines()
        .find_map(|l| l.strip_prefix(field)?.strip_prefix(':'))
        .map(|v| v.trim().to_owned())
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
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
            let name = stat(proc_root, pid).ok()?.name;
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
    }
}
