//! Handles a guardian that outlives its lab and does not finish, because it is stopped or stuck: its lock marks the run as alive, though the run has no lab
//! any more. The guardian is killed, so that the next process that checks can undo the run.

use super::frame;
use super::ledger::{self, Ledger, PREFIX};
use super::role::GUARDIAN;
use crate::probe::{namespace, process};
use rustix::process::{Pid, PidfdFlags, Signal};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

const PROC: &str = "/proc";
/// A process that was killed is gone within this time: 10 s.
const DEATH: Duration = Duration::from_secs(10);
/// How often to check whether the guardian has finished.
const LOOK: Duration = Duration::from_millis(20);

/// Takes over the ledger of a run whose lab is dead and whose guardian does not finish within this time; a stopped one never will. Returns `None` if the
/// lab is alive, or another process was quicker.
///
/// # Errors
/// The error of opening the ledger.
pub fn take_over(path: &Path, patience: Duration) -> io::Result<Option<Ledger>> {
    let Some((stuck, guardian)) = find(path) else { return Ok(None) };
    let until = Instant::now() + patience;
    while !is_stopped(stuck) && !has_ended(&guardian) {
        if Instant::now() >= until {
            if patience.is_zero() {
                return Ok(None);
            }
            break;
        }
        std::thread::sleep(LOOK);
    }
    let _ = rustix::process::pidfd_send_signal(&guardian, Signal::KILL);
    let _ = frame::readable(&guardian, DEATH);
    match Ledger::take_over(path) {
        // The guardian has finished after all.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result,
    }
}

fn has_ended(process: &OwnedFd) -> bool {
    frame::readable(process, Duration::ZERO).unwrap_or(false)
}

fn is_stopped(pid: i32) -> bool {
    process::stat(Path::new(PROC), pid).is_ok_and(|s| s.state == 'T')
}

/// The guardian that holds this ledger, if its lab is dead. Its descriptor is opened before anything about it is read, so that its number cannot pass to
/// another process in between.
fn find(path: &Path) -> Option<(i32, OwnedFd)> {
    let lab: i32 = lab_of(ledger::run_of(path)?)?;
    // Most runs beside this one have a lab, and its children are quickly asked; all processes of the machine are not.
    let mut children = process::children(Path::new(PROC), lab).unwrap_or_default().into_iter();
    if children.any(|child| is_guardian(child, path)) {
        return None;
    }
    let numbers = std::fs::read_dir(PROC).ok()?.flatten();
    numbers.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok()).find_map(|pid| {
        let opened = rustix::process::pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
        let is_it = is_guardian(pid, path) && is_without(pid, lab);
        is_it.then_some((pid, opened))
    })
}

/// The process number of the lab that started this run.
fn lab_of(run: &str) -> Option<i32> {
    run.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

/// Whether a process is the guardian of the run with this ledger: by its session, its arguments, its user, and the file that it holds open. A box is a fork
/// of the guardian and has all of that for its first moments, except a session of its own.
fn is_guardian(pid: i32, ledger: &Path) -> bool {
    let of = Path::new(PROC).join(pid.to_string());
    if !process::stat(Path::new(PROC), pid).is_ok_and(|stat| stat.session == pid) {
        return false;
    }
    let words = std::fs::read(of.join("cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = words.split(|b| *b == 0).collect();
    if !matches!(words.as_slice(), [_, word, path, ..] if *word == GUARDIAN.as_bytes() && *path == ledger.as_os_str().as_bytes())
    {
        return false;
    }
    let own = rustix::process::geteuid().as_raw();
    let Ok(file) = std::fs::metadata(ledger) else { return false };
    let Ok(open) = std::fs::read_dir(of.join("fd")) else { return false };
    let holds = |fd: std::fs::DirEntry| {
        std::fs::metadata(fd.path()).is_ok_and(|m| (m.dev(), m.ino()) == (file.dev(), file.ino()))
    };
    std::fs::metadata(&of).is_ok_and(|m| m.uid() == own) && open.flatten().any(holds)
}

/// Whether the guardian's lab is dead: as long as it lived it was the guardian's parent. In another PID namespace numbers mean other processes, so the
/// answer there is no.
fn is_without(guardian: i32, lab: i32) -> bool {
    let space = |process: &str| namespace::link(&Path::new(PROC).join(process), "pid").ok();
    let is_here = space("self").is_some_and(|own| space(&guardian.to_string()) == Some(own));
    is_here && process::stat(Path::new(PROC), guardian).is_ok_and(|s| s.parent != lab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_called_by_its_lab() {
        assert_eq!(lab_of("isolab-4711-3"), Some(4711));
        assert_eq!(lab_of("isolab-x-3"), None);
        assert_eq!(lab_of("other-4711-3"), None);
    }

    /// A process that looks like a guardian, and waits until it is killed.
    fn pretender(ledger: &Path, starter: &[&str]) -> std::process::Child {
        let script = ledger.with_file_name(GUARDIAN);
        std::fs::write(&script, "exec 3<\"$1\"; echo; read -r line").expect("a script");
        let words: Vec<&str> = starter.iter().copied().chain(["sh", GUARDIAN]).collect();
        let mut command = std::process::Command::new(words[0]);
        command.args(&words[1..]).arg(ledger).current_dir(ledger.parent().expect("a directory"));
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a process");
        // It has the ledger open when it prints a line.
        let mut line = [0];
        io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut line).expect("a line");
        child
    }

    #[test]
    fn only_the_leader_of_a_session_is_a_guardian() {
        let directory = std::env::temp_dir().join(format!("isolab-stuck-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("mkdir");
        let ledger = directory.join("isolab-1-1.ledger");
        std::fs::write(&ledger, "").expect("a file");
        for (starter, expected) in [(&["setsid"][..], true), (&[], false)] {
            let mut child = pretender(&ledger, starter);
            let is_it = is_guardian(i32::try_from(child.id()).expect("a number"), &ledger);
            child.kill().and_then(|()| child.wait()).expect("its end");
            assert_eq!(is_it, expected, "{starter:?}");
        }
        std::fs::remove_dir_all(&directory).expect("rmdir");
    }

    #[test]
    fn a_process_with_other_words_is_no_guardian() {
        let me = i32::try_from(std::process::id()).expect("a number");
        assert!(!is_guardian(me, Path::new("/var/tmp/isolab-1-1.ledger")));
        assert!(find(Path::new("/var/tmp/isolab-1-1.ledger")).is_none());
    }
}
