//! The release of the running kernel: `/proc/sys/kernel/osrelease` (`proc_sys_kernel(5)`).

use super::text;
use std::path::Path;

/// The release as `uname -r` prints it. `proc` is where a procfs is mounted; where that cannot be read, as in a container that covers
/// `/proc/sys`, `uname(2)` says it.
pub fn read(proc: &Path) -> String {
    match text::read(&proc.join("sys/kernel/osrelease")) {
        Ok(release) => release.trim().to_owned(),
        Err(_) => text::shown(rustix::system::uname().release().to_bytes()),
    }
}

/// The first two numbers of a release, by which kernels are compared; 0 for each that is missing.
pub fn numbers(release: &str) -> (u32, u32) {
    let mut parts = release.split(['.', '-']).map(|p| p.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_known_without_a_procfs() {
        let real = read(Path::new("/proc"));
        assert!(numbers(&real).0 >= 3, "{real}");
        assert_eq!(read(Path::new("/nowhere")), real);
    }

    #[test]
    fn releases_are_compared_by_two_numbers() {
        for (text, wanted) in [
            ("5.15.0-91-generic", (5, 15)),
            ("6.18-rc1", (6, 18)),
            ("5.4", (5, 4)),
            ("6", (6, 0)),
            ("", (0, 0)),
        ] {
            assert_eq!(numbers(text), wanted, "{text}");
        }
        assert!(numbers("5.4.0") < numbers("5.14"));
    }
}
