//! A system call as a tracer saw it, before it is put into words.

use crate::model::Outcome;
use serde::{Deserialize, Serialize};

/// One system call as it was seen: undecoded, but with everything that is gone when the tracee goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawCall {
    /// The caller, in the tracer's PID namespace.
    pub pid: i32,
    /// Whose numbers these are (`AUDIT_ARCH_*` in `linux/audit.h`).
    pub arch: u32,
    /// The number.
    pub nr: u64,
    /// The arguments as they were in the registers, unused ones included.
    pub args: [u64; 6],
    /// What the arguments pointed to, one for each that the table of calls knows.
    pub seen: Vec<Seen>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What was found behind an argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Nothing but the number itself: it points nowhere, could not be read, or was not filled.
    Number,
    /// A text, invalid UTF-8 replaced.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// The first bytes.
    Bytes(Vec<u8>),
    /// What a descriptor stood for: a path, or as `TYPE:[INODE]`.
    File(String),
}
