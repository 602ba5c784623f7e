//! The tables of the reader's IPC namespace.

use super::super::scalar::Ns;
use super::super::yields::Yields;
use super::define::{Define, Facts, ReadBy, Varies};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A table of System V objects (`/proc/sysvipc` in `proc(5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Sysvipc {
    /// Segments of shared memory: rows `key id bytes attached`.
    Shm,
    /// Sets of semaphores: rows `key id semaphores`.
    Sem,
    /// Message queues: rows `key id messages bytes`.
    Msg,
}

impl Sysvipc {
    /// Where the kernel shows it.
    pub fn file(self) -> &'static str {
        match self {
            Sysvipc::Shm => "/proc/sysvipc/shm",
            Sysvipc::Sem => "/proc/sysvipc/sem",
            Sysvipc::Msg => "/proc/sysvipc/msg",
        }
    }

    /// The columns of its rows.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Sysvipc::Shm => &["key", "id", "bytes", "attached"],
            Sysvipc::Sem => &["key", "id", "semaphores"],
            Sysvipc::Msg => &["key", "id", "messages", "bytes"],
        }
    }

    /// The kernel's headings of these columns (`ipc/shm.c`, `ipc/sem.c`, `ipc/msg.c`).
    pub fn headings(self) -> &'static [&'static str] {
        match self {
            Sysvipc::Shm => &["key", "shmid", "size", "nattch"],
            Sysvipc::Sem => &["key", "semid", "nsems"],
            Sysvipc::Msg => &["key", "msqid", "qnum", "cbytes"],
        }
    }
}

impl Define for Sysvipc {
    const OBJECT: &'static str = "`shm`, `sem` or `msg`";

    fn words(&self) -> String {
        self.file().to_owned()
    }

    fn facts(&self) -> Facts<'_, Self> {
        Facts {
            yields: Yields::Rows(self.columns()),
            varies: Varies::Freely,
            about: None,
            path: None,
            read_by: ReadBy::Viewpoint,
            namespace: Some(Ns::Ipc),
            from_outside: None,
            personal: None,
        }
    }
}
