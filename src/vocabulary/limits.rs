//! The most that one lesson may take of the machine, whatever it asks for. The checker refuses more, and so does the code that carries it out.

/// Memory or disk that one workload may take, in bytes: 512 MiB.
pub const WORKLOAD_BYTES: u64 = 512 << 20;

/// All workloads of a lesson together: 1 GiB.
pub const WORKLOADS_BYTES: u64 = 1 << 30;

/// Threads of one workload.
pub const WORKLOAD_THREADS: u32 = 64;

/// Calls of `fork(2)` by one workload, and so its children.
pub const WORKLOAD_FORKS: u32 = 64;

/// Threads and children of all workloads of a lesson together.
pub const WORKLOADS_THREADS: u32 = 128;

/// The size of one tmpfs, whose files are memory, in bytes: 256 MiB.
pub const TMPFS_BYTES: u64 = 256 << 20;

/// All tmpfs mounts of a lesson together: 512 MiB.
pub const ALL_TMPFS_BYTES: u64 = 512 << 20;

/// All files that one box copies, in bytes: 16 MiB.
pub const COPY_BYTES: u64 = 16 << 20;

/// All files, links and directories that one box copies.
pub const COPY_ENTRIES: u32 = 2000;

/// How many directories deep a tree is that is copied.
pub const COPY_DEPTH: u32 = 32;

/// The size of a tmpfs if the lesson gives none, in bytes: 4 MiB. The kernel's default is half of the machine's memory.
pub const TMPFS_DEFAULT: u64 = 4 << 20;

/// The size of a tmpfs for which this many bytes are requested. Its files are memory: whatever a checker has let through, the size is at most
/// [`TMPFS_BYTES`], and never 0, which would mean no limit (`tmpfs(5)`).
pub fn tmpfs(asked: Option<f64>) -> u64 {
    asked.map_or(TMPFS_DEFAULT, |bytes| bytes as u64).clamp(1, TMPFS_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tmpfs_has_a_limit_whatever_is_asked() {
        let gib = f64::from(1 << 30);
        let sizes = [
            None,
            Some(65_536.0),
            Some(20.0 * gib),
            Some(0.0),
            Some(-1.0),
            Some(f64::NAN),
            Some(f64::INFINITY),
        ];
        assert_eq!(sizes.map(tmpfs), [TMPFS_DEFAULT, 65_536, TMPFS_BYTES, 1, 1, 1, TMPFS_BYTES]);
    }
}
