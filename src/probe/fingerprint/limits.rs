//! The cgroups of a process, and which limits are set on the way from each to the top of its hierarchy.

use crate::model::fingerprint::{CgroupPlace, Limit};
use crate::probe::cgroup::{Place, places as directories};
use crate::probe::text;
use crate::vocabulary::Version;
use std::io;
use std::path::Path;

/// What a control file holds while nobody has set it.
enum Unset {
    /// This text.
    Is(&'static str),
    /// A number of bytes that no machine has: v1 writes the highest multiple of the page size.
    Huge,
    /// What the cgroup above holds.
    AsAbove,
}

/// The limits of v2 (`cgroup-v2.rst`).
const V2: &[(&str, Unset)] = &[
    ("cpu.max", Unset::Is("max 100000")),
    ("cpu.weight", Unset::Is("100")),
    ("cpu.idle", Unset::Is("0")),
    ("cpuset.cpus", Unset::Is("")),
    ("cpuset.mems", Unset::Is("")),
    ("memory.max", Unset::Is("max")),
    ("memory.high", Unset::Is("max")),
    ("memory.low", Unset::Is("0")),
    ("memory.min", Unset::Is("0")),
    ("memory.swap.max", Unset::Is("max")),
    ("memory.oom.group", Unset::Is("0")),
    ("pids.max", Unset::Is("max")),
    ("io.max", Unset::Is("")),
    ("cgroup.freeze", Unset::Is("0")),
];

/// The limits of v1 (`cgroup-v1/*.rst`).
const V1: &[(&str, Unset)] = &[
    ("cpu.cfs_quota_us", Unset::Is("-1")),
    ("cpu.shares", Unset::Is("1024")),
    ("cpuset.cpus", Unset::AsAbove),
    ("cpuset.mems", Unset::AsAbove),
    ("memory.limit_in_bytes", Unset::Huge),
    ("memory.memsw.limit_in_bytes", Unset::Huge),
    ("memory.soft_limit_in_bytes", Unset::Huge),
    ("pids.max", Unset::Is("max")),
    ("blkio.throttle.read_bps_device", Unset::Is("")),
    ("blkio.throttle.write_bps_device", Unset::Is("")),
    ("blkio.throttle.read_iops_device", Unset::Is("")),
    ("blkio.throttle.write_iops_device", Unset::Is("")),
    ("freezer.state", Unset::Is("THAWED")),
];

/// The cgroups of the process whose directory this is.
///
/// # Errors
/// What the kernel answers to reading `/proc/PID/cgroup`, or the reader's own mount table.
pub(super) fn places(proc_root: &Path, of: &Path) -> io::Result<Vec<CgroupPlace>> {
    let found = directories(proc_root, of)?;
    Ok(found.into_iter().map(place).collect())
}

fn place(found: Place) -> CgroupPlace {
    let mut limits = Vec::new();
    if let Some((version, top, directory)) = &found.directory {
        let files = match version {
            Version::V1 => V1,
            Version::V2 => V2,
        };
        // The top of a hierarchy has no limits.
        let below_top = directory.ancestors().take_while(|at| at != top && at.starts_with(top));
        limits.extend(below_top.flat_map(|at| of_group(at, top, files)));
    }
    CgroupPlace { controllers: found.controllers, path: text::name(&found.path), limits }
}

fn of_group(directory: &Path, top: &Path, files: &'static [(&'static str, Unset)]) -> Vec<Limit> {
    let below = directory.strip_prefix(top).map(text::name).unwrap_or_default();
    let limit = |(file, unset): &'static (&'static str, Unset)| {
        let value = text::read(&directory.join(file)).ok()?;
        let value = value.trim_end().replace('\n', "; ");
        let is_set = match unset {
            Unset::Is(text) => value != *text,
            Unset::Huge => value.parse::<u64>().is_ok_and(|bytes| bytes < 1 << 62),
            Unset::AsAbove => {
                let above = directory.parent().and_then(|above| text::read(&above.join(file)).ok());
                above.is_none_or(|above| above.trim_end() != value)
            }
        };
        is_set.then(|| Limit { at: format!("/{below}"), file, value })
    };
    files.iter().filter_map(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{create_dir_all, write};

    /// A machine with one hierarchy of each version; the process is in `/a/b` of both.
    #[test]
    fn limits_are_found_up_to_the_top() {
        let root = std::env::temp_dir().join(format!("isolab-limits-{}", std::process::id()));
        let (proc, v1, v2) = (root.join("proc"), root.join("pids"), root.join("unified"));
        for directory in [&proc.join("self"), &proc.join("9"), &v1.join("a/b"), &v2.join("a/b")] {
            create_dir_all(directory).expect("a directory");
        }
        let table = format!(
            "1 0 0:1 / {} rw - cgroup cgroup rw,pids\n2 0 0:2 / {} rw - cgroup2 cgroup2 rw\n",
            v1.display(),
            v2.display()
        );
        for (file, text) in [
            (proc.join("self/mountinfo"), table.as_str()),
            (proc.join("9/cgroup"), "4:pids:/a/b\n0::/a/b\n"),
            (v1.join("pids.max"), "9\n"),
            (v1.join("a/pids.max"), "max\n"),
            (v1.join("a/b/pids.max"), "17\n"),
            (v2.join("a/memory.max"), "67108864\n"),
            (v2.join("a/b/memory.max"), "max\n"),
            (v2.join("a/b/cpu.max"), "20000 100000\n"),
            (v2.join("a/b/cpu.weight"), "100\n"),
        ] {
            write(file, text).expect("a file");
        }
        let found = places(&proc, &proc.join("9"));
        std::fs::remove_dir_all(&root).expect("removed");
        let told = |place: &CgroupPlace| {
            let limits = place.limits.iter().map(|l| format!("{} {}={}", l.at, l.file, l.value));
            (place.controllers.concat(), limits.collect::<Vec<_>>())
        };
        let found: Vec<(String, Vec<String>)> = found.expect("two cgroups").iter().map(told).collect();
        let expected = [
            ("pids".to_owned(), vec!["/a/b pids.max=17".to_owned()]),
            (
                String::new(),
                vec!["/a/b cpu.max=20000 100000".to_owned(), "/a memory.max=67108864".to_owned()],
            ),
        ];
        assert_eq!(found, expected);
    }
}
