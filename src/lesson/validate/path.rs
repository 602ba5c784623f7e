//! Paths: a leading `.` is the box's working directory, `/` its root, anything else lies in the run's workspace.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::check::Check;

/// Control files below `/proc/sys` that belong to a namespace, so that a box may write them (`namespaces(7)`).
const SYSCTLS: &[&str] = &[
    "/proc/sys/net/",
    "/proc/sys/fs/mqueue/",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/domainname",
    "/proc/sys/kernel/msgmax",
    "/proc/sys/kernel/msgmnb",
    "/proc/sys/kernel/msgmni",
    "/proc/sys/kernel/sem",
    "/proc/sys/kernel/shmall",
    "/proc/sys/kernel/shmmax",
    "/proc/sys/kernel/shmmni",
    "/proc/sys/kernel/shm_rmid_forced",
];

/// What is done with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is read, entered or mounted on.
    Visit,
    /// The file or directory is made, changed or removed.
    Change {
        /// The box has another root directory than the host's, or mounted something above the path.
        own_root: bool,
        /// Failing is the lesson.
        may_fail: bool,
    },
}

/// Checks one path.
pub(super) fn check(check: &mut Check, node: &Node, text: &str, r#use: Use) {
    at(check, node.span, text, r#use);
}

/// Checks one path at a place.
pub(super) fn at(check: &mut Check, span: Span, text: &str, r#use: Use) {
    if text.is_empty() {
        check.tell(Mistake::new(span, "an empty path").help("`.` is the box's working directory"));
        return;
    }
    let leaves = text.split('/').any(|part| part == "..");
    let change = matches!(r#use, Use::Change { .. });
    if leaves && (change || !text.starts_with(['.', '/'])) {
        check.tell(
            Mistake::new(span, format!("`{text}` leaves the workspace"))
                .help("write a path in the workspace without `..`, such as `stage/file`"),
        );
        return;
    }
    let Use::Change { own_root, may_fail } = r#use else { return };
    if !text.starts_with('/') || may_fail {
        return;
    }
    if ["/proc/", "/sys/"].iter().any(|p| text.starts_with(p)) {
        if !SYSCTLS.iter().any(|s| if s.ends_with('/') { text.starts_with(s) } else { text == *s }) {
            check.tell(
                Mistake::new(span, format!("`{text}` belongs to the machine"))
                    .help("only sysctls of a namespace can be written: /proc/sys/net/…, host and domain name, IPC limits"),
            );
        }
    } else if !own_root {
        check.tell(
            Mistake::new(span, format!("`{text}` is a file of the host: the box still has the host's root"))
                .help("write a path without the leading `/`: it is in the workspace"),
        );
    }
}
