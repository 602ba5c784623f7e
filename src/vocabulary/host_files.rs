//! The files that the viewpoint `host` may read by an absolute path. The lab reads them with its own rights, which are root's under root, so a lesson
//! chooses from a list.

use std::path::{Component, Path};

/// A place of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPlace {
    /// This file, link or directory, and nothing below it.
    Itself(&'static str),
    /// This directory and everything below it.
    Below(&'static str),
}

/// The list; `docs/lesson-format.md` repeats it.
pub const HOST_PLACES: &[HostPlace] = &[
    HostPlace::Itself("/"),
    HostPlace::Itself("/proc"),
    HostPlace::Itself("/proc/cgroups"),
    HostPlace::Itself("/proc/cpuinfo"),
    HostPlace::Itself("/proc/devices"),
    HostPlace::Itself("/proc/filesystems"),
    HostPlace::Itself("/proc/loadavg"),
    HostPlace::Itself("/proc/meminfo"),
    HostPlace::Itself("/proc/modules"),
    HostPlace::Itself("/proc/mounts"),
    HostPlace::Below("/proc/net"),
    HostPlace::Itself("/proc/partitions"),
    HostPlace::Below("/proc/pressure"),
    HostPlace::Itself("/proc/self"),
    HostPlace::Itself("/proc/self/cgroup"),
    HostPlace::Itself("/proc/self/gid_map"),
    HostPlace::Itself("/proc/self/limits"),
    HostPlace::Itself("/proc/self/mountinfo"),
    HostPlace::Itself("/proc/self/mounts"),
    HostPlace::Below("/proc/self/net"),
    HostPlace::Below("/proc/self/ns"),
    HostPlace::Itself("/proc/self/oom_score_adj"),
    HostPlace::Itself("/proc/self/setgroups"),
    HostPlace::Itself("/proc/self/stat"),
    HostPlace::Itself("/proc/self/statm"),
    HostPlace::Itself("/proc/self/status"),
    HostPlace::Itself("/proc/self/timens_offsets"),
    HostPlace::Itself("/proc/self/uid_map"),
    HostPlace::Itself("/proc/stat"),
    HostPlace::Itself("/proc/swaps"),
    HostPlace::Below("/proc/sys"),
    HostPlace::Below("/proc/sysvipc"),
    HostPlace::Itself("/proc/uptime"),
    HostPlace::Itself("/proc/version"),
    HostPlace::Itself("/proc/vmstat"),
    HostPlace::Itself("/sys"),
    HostPlace::Below("/sys/class/net"),
    HostPlace::Below("/sys/devices/system"),
    HostPlace::Below("/sys/fs/cgroup"),
];

impl HostPlace {
    /// The place's path.
    pub fn path(self) -> &'static str {
        match self {
            HostPlace::Itself(path) | HostPlace::Below(path) => path,
        }
    }

    fn covers(self, path: &Path) -> bool {
        match self {
            HostPlace::Itself(place) => path == Path::new(place),
            HostPlace::Below(place) => path.starts_with(place),
        }
    }
}

/// The place on the list that contains an absolute path. A path with `..` is in none: only walking it would show where it leads.
pub fn place_of(path: &str) -> Option<HostPlace> {
    let path = Path::new(path);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    HOST_PLACES.iter().copied().find(|place| plain && place.covers(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_on_the_list_or_not() {
        for path in
            ["/", "/proc/self/ns/uts", "/proc/sys/kernel/hostname", "/sys/fs/cgroup", "/proc/sys//kernel/"]
        {
            assert!(place_of(path).is_some(), "{path}");
        }
        for path in [
            "/etc/shadow",
            "/proc/1/environ",
            "/proc/self/environ",
            "/proc/sys/../1/environ",
            "/sys/kernel",
            "proc/stat",
            "./x",
            "",
            "/procx",
            "/proc/sysx",
        ] {
            assert!(place_of(path).is_none(), "{path}");
        }
    }
}
