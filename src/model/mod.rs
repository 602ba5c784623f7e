//! The shared words: what was called, what was read, who is in which namespace. Imports nothing of the program.

pub mod attributes;
pub mod call;
pub mod capability;
pub mod cgroup;
pub mod errno;
pub mod fact;
pub mod fingerprint;
pub mod interface;
pub mod leftover;
pub mod map;
pub mod mountinfo;
pub mod namespace;
pub mod nft;
pub mod shell;
pub mod signal;

use std::time::Duration;

pub use call::{Call, Outcome, Source};
pub use capability::Capability;
pub use cgroup::Change;
pub use errno::Errno;
pub use fact::{Actual, Fact, Process, Reading, Row, Unit, Value};
pub use interface::Interface;
pub use leftover::Leftover;
pub use map::{Member, Namespace, NamespaceMap};
pub use namespace::Ns;
pub use shell::{NoWorkloads, ShellNotice};
pub use signal::Sig;

/// A span in milliseconds, as records have it.
pub fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
