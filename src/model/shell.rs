//! What a person's shell can and cannot do, as its keeper has set it up.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Something that a person should know about the shell that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShellNotice {
    /// The shell shares the host's PID namespace, so `kill` reaches every process of this user.
    ReachesProcessesOf {
        /// The user id on the host.
        uid: u32,
    },
    /// The box is in the host's network namespace; the shell has a new one.
    OwnNetwork,
    /// What can be written.
    Writable {
        /// The run's directory.
        workspace: PathBuf,
        /// The run has cgroups, which can be written, too.
        cgroups: bool,
        /// The size of the new `/tmp` and `/dev/shm`, as `mount(8)` takes it.
        scratch: String,
    },
    /// Everything else is mounted read-only, or covered.
    ReadOnly,
    /// The mounts guard against mistakes, and not against intent.
    AgainstMistakes,
    /// Whose mount table this is.
    MountTable {
        /// A copy of the host's, not the box's own.
        copied: bool,
    },
    /// The lab traces the shell and what it starts.
    Traced,
    /// The shell has a new IPC namespace.
    OwnIpc,
    /// Which rights the shell has, and where.
    RootOfRun,
    /// The shell could not join the cgroups of the box.
    NotInCgroups {
        /// Operation, object and cause.
        cause: String,
    },
    /// The lab's workloads are commands in it.
    Workloads {
        /// Their names.
        names: Vec<String>,
    },
    /// They are not.
    NoWorkloads {
        /// Why not.
        why: NoWorkloads,
    },
}

/// Why the lab's workloads are no commands in a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoWorkloads {
    /// The box has another root directory, where the program cannot be mounted.
    OtherRoot,
    /// No covered directory is left in the mount table to take them.
    NoPlace,
    /// The kernel does not let the shell have the program.
    Refused {
        /// Operation, object and cause.
        cause: String,
    },
}
