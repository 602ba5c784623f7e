//! Who waits for input from a terminal. Asked of the kernel: what a program prints, such as a prompt, says nothing about it.

use super::process::{self, Stat};
use rustix::fs::Stat as FileStat;
use std::path::Path;
use syscalls::Sysno;

/// Processes below a shell are looked at so many at a time.
const MOST: usize = 1024;

/// A process that waits for input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub pid: i32,
    /// When it started, in clock ticks since boot.
    pub started: u64,
    /// How often it has gone to sleep so far: a process that waits again has slept once more.
    pub slept: u64,
}

/// A terminal, as its two ends know it.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    /// The device number of its file.
    pub number: u64,
    /// Input is handed over line by line (`ICANON`); otherwise a program edits the line itself.
    pub by_lines: bool,
}

impl Device {
    /// The terminal with this file.
    pub fn new(file: &FileStat, by_lines: bool) -> Self {
        Device { number: file.st_rdev, by_lines }
    }
}

/// A process in the foreground of the terminal of a shell, the shell among them, that waits for its input. That there is none
/// can also mean that this kernel does not tell what a process waits for.
pub fn reader(proc_root: &Path, shell: i32, device: Device) -> Option<Waiting> {
    let foreground = process::stat(proc_root, shell).ok()?.foreground;
    let mut open = vec![shell];
    for at in 0..MOST {
        let pid = *open.get(at)?;
        if let Ok(stat) = process::stat(proc_root, pid) {
            if stat.group == foreground && waits(proc_root, pid, &stat, device) {
                return Some(Waiting { pid, started: stat.started, slept: slept(proc_root, pid)? });
            }
            open.extend(process::children(proc_root, pid).unwrap_or_default());
        }
    }
    None
}

fn slept(proc_root: &Path, pid: i32) -> Option<u64> {
    process::status_field(&proc_root.join(pid.to_string()), "voluntary_ctxt_switches").ok()?.parse().ok()
}

/// Whether a process is in a system call that waits for the terminal's input: `read(2)` of it, or one that waits for descriptors while lines are not
/// put together by the terminal, as programs with line editing do. The second could wait for something else, too, and ends with the next key all the same.
fn waits(proc_root: &Path, pid: i32, stat: &Stat, device: Device) -> bool {
    if stat.state != 'S' {
        return false;
    }
    let directory = proc_root.join(pid.to_string());
    let Ok(text) = std::fs::read_to_string(directory.join("syscall")) else { return false };
    let Some((call, first)) = parse(&text) else { return false };
    match call.name() {
        "read" => {
            let link = directory.join("fd").join(first.to_string());
            rustix::fs::stat(&link).is_ok_and(|file| file.st_rdev == device.number)
        }
        "select" | "pselect6" | "poll" | "ppoll" | "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => {
            !device.by_lines
        }
        _ => false,
    }
}

/// The system call that a process is in, and its first argument (`proc_pid_syscall(5)`); none while it runs.
fn parse(text: &str) -> Option<(Sysno, u64)> {
    let mut words = text.split_ascii_whitespace();
    let call = Sysno::new(words.next()?.parse().ok()?)?;
    let first = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
    Some((call, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_number_here() {
        let text = format!("{} 0x3 0x7ffd 0x1 0x0 0x0 0x0 0x7ffd 0x7f0e\n", Sysno::read as usize);
        assert_eq!(parse(&text), Some((Sysno::read, 3)));
        assert_eq!(parse("running\n"), None);
        assert_eq!(parse("-1 0x7ffd 0x7f0e\n"), None, "not in a system call");
    }
}
