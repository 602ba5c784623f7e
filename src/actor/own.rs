//! The first steps of the program when it was started with a hidden word, and the check of who started it.
//!
//! Guardian and trial carry out whatever comes over their standard input. So that no other process can give them orders, least of all where the
//! program has more rights than its caller (`sudo`, file capabilities), they ask the kernel which process is on the other side: it must be the process that
//! started them, with the same user, running the same program.

use crate::kernel::{process, raw};
use crate::model::Errno;
use nix::sys::socket::{UnixAddr, getpeername, getsockname, getsockopt, sockopt};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The exit status if the caller fails the check.
pub const REFUSED: i32 = 2;

/// Entry of the auxiliary vector that says whether the program was started with more rights than its caller has (`AT_SECURE` in `getauxval(3)`).
const AT_SECURE: u64 = 23;

/// Closes everything inherited except the three standard descriptors, checks which process started this one, and returns standard input: the connection to
/// that process.
///
/// # Errors
/// A sentence that gives the reason for doing nothing.
pub fn enter() -> Result<OwnedFd, String> {
    // First, while nothing here has opened a descriptor: descriptors that a shell or a terminal program leaves open have no business in a run.
    close_inherited().map_err(|e| format!("read /proc/self/fd: {}", Errno::of(&e)))?;
    process::reset_signals();
    process::ignore_file_size_signal();
    // If the program's file may be executed but not read (mode 0711), or has file capabilities, the process starts with a /proc/PID owned by root; then it
    // could neither write its own maps nor be compared with another.
    process::stay_readable();
    let socket = raw::owned_fd(0);
    check(&socket)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)
        .map_err(|e| format!("fcntl F_SETFD: {e}"))?;
    Ok(socket)
}

/// Closes every descriptor but the three standard ones. Only a process that uses no other from here on calls this.
///
/// # Errors
/// When neither `close_range(2)` nor `/proc/self/fd` helps: then some may still be open.
pub(super) fn close_inherited() -> io::Result<()> {
    const FIRST: u32 = 3;
    if raw::close_from(FIRST).is_ok() {
        return Ok(());
    }
    // Before Linux 5.9.
    let open = std::fs::read_dir("/proc/self/fd")?.flatten();
    let numbers: Vec<i32> = open.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|n| *n >= FIRST.cast_signed()) {
        // The directory's own descriptor is in the list, and is closed already.
        let _ = nix::unistd::close(number);
    }
    Ok(())
}

/// Asks the kernel which process made the other end of the socket.
fn check(socket: &OwnedFd) -> Result<(), String> {
    const NOT_FOR_PEOPLE: &str = "this is an internal command; only a running isolab may start it";
    let unnamed = |address: nix::Result<UnixAddr>| address.is_ok_and(|a| a.is_unnamed());
    if !unnamed(getsockname(std::os::fd::AsRawFd::as_raw_fd(socket)))
        || !unnamed(getpeername(std::os::fd::AsRawFd::as_raw_fd(socket)))
    {
        return Err(format!("{NOT_FOR_PEOPLE} (standard input is not one end of a socket pair)"));
    }
    let peer = getsockopt(&socket.as_fd(), sockopt::PeerCredentials)
        .map_err(|e| format!("{NOT_FOR_PEOPLE} (getsockopt SO_PEERCRED: {})", Errno::from(e)))?;
    let parent = nix::unistd::getppid().as_raw();
    if peer.pid() != parent {
        return Err(format!(
            "{NOT_FOR_PEOPLE} (process {} is on the other side, not its parent)",
            peer.pid()
        ));
    }
    if peer.uid() != nix::unistd::geteuid().as_raw() {
        return Err(format!("{NOT_FOR_PEOPLE} (a process of user {} is on the other side)", peer.uid()));
    }
    let theirs = format!("/proc/{parent}/exe");
    match (program("/proc/self/exe"), program(&theirs)) {
        (Ok(own), Ok(other)) if own == other => Ok(()),
        (Ok(_), Ok(_)) => Err(format!("{NOT_FOR_PEOPLE} (its parent is another program)")),
        // Where /proc does not show it, a hidden word gives the caller nothing new: same user, and no rights beyond the caller's.
        (Err(_), _) | (_, Err(_)) if !has_more_rights() => Ok(()),
        (Err(e), _) => Err(unknown("/proc/self/exe", &e)),
        (_, Err(e)) => Err(unknown(&theirs, &e)),
    }
}

fn unknown(link: &str, e: &io::Error) -> String {
    format!(
        "its parent cannot be recognised as isolab (stat {link}: {}); start isolab without file capabilities, or mount /proc without hidepid",
        Errno::of(e)
    )
}

/// The file that a process runs: device and inode.
fn program(link: &str) -> io::Result<(u64, u64)> {
    let found = std::fs::metadata(Path::new(link))?;
    Ok((found.dev(), found.ino()))
}

/// Whether this program was started with more rights than its caller has. If that is unknown, it is assumed.
fn has_more_rights() -> bool {
    let Ok(bytes) = std::fs::read("/proc/self/auxv") else { return true };
    let (words, _) = bytes.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    let found = pairs.iter().find(|[kind, _]| u64::from_ne_bytes(*kind) == AT_SECURE);
    found.is_none_or(|[_, value]| u64::from_ne_bytes(*value) != 0)
}

/// A path by which another program can start this one: its own path or, if another file is there by now (the program was updated), the kernel's link.
///
/// # Errors
/// When `/proc/self/exe` cannot be read.
pub fn path() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let running = std::fs::metadata("/proc/self/exe")?;
    let is_it = |found: std::fs::Metadata| (found.dev(), found.ino()) == (running.dev(), running.ino());
    if std::fs::metadata(&path).is_ok_and(is_it) {
        return Ok(path);
    }
    Ok(format!("/proc/{}/exe", std::process::id()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_has_no_more_rights_than_its_caller() {
        assert!(!has_more_rights());
    }

    #[test]
    fn only_a_pair_made_by_the_parent_will_do() {
        let (own, _other) = crate::actor::frame::pair().expect("socketpair");
        let why = check(&own).expect_err("this process is not its own parent");
        assert!(why.contains("not its parent"), "{why}");
        let null = std::fs::File::open("/dev/null").expect("open").into();
        assert!(check(&null).expect_err("no socket").contains("socket pair"));
    }
}
