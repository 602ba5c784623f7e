//! The most that one lesson may take of the machine, whatever it asks for. The checker refuses more, and who carries it out does so again.

/// Memory or disk that one workload may take, in bytes: 512 MiB.
pub const WORKLOAD_BYTES: u64 = 512 << 20;

/// All workloads of a lesson together: 1 GiB.
pub const WORKLOADS_BYTES: u64 = 1 << 30;

/// Threads of one workload.
pub const WORKLOAD_THREADS: u32 = 64;

/// All workloads of a lesson together.
pub const WORKLOADS_THREADS: u32 = 128;

/// One tmpfs, whose files are memory, in bytes: 256 MiB.
pub const TMPFS_BYTES: u64 = 256 << 20;

/// All that a lesson mounts, together: 512 MiB.
pub const ALL_TMPFS_BYTES: u64 = 512 << 20;

/// A tmpfs for which the lesson gives no size, in bytes: 4 MiB. The kernel's own choice is half of the machine's memory.
pub const TMPFS_DEFAULT: u64 = 4 << 20;
