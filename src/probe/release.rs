//! The release of the running kernel: `/proc/sys/kernel/osrelease` (`proc_sys_kernel(5)`).

use super::text;
use crate::vocabulary::need::KernelVersion;
use std::path::Path;

/// The release as `uname -r` prints it. `proc` is where a procfs is mounted; where that cannot be read, as in a container that covers
/// `/proc/sys`, `uname(2)` says it.
pub fn read(proc: &Path) -> String {
    match text::read(&proc.join("sys/kernel/osrelease")) {
        Ok(release) => release.trim().to_owned(),
        Err(_) => text::shown(rustix::system::uname().release().to_bytes()),
    }
}

/// The version of the running kernel.
pub fn version(proc: &Path) -> KernelVersion {
    KernelVersion::of_release(&read(proc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_known_without_a_procfs() {
        let real = read(Path::new("/proc"));
        assert!(version(Path::new("/proc")) >= KernelVersion::new(3, 0), "{real}");
        assert_eq!(read(Path::new("/nowhere")), real);
    }
}
