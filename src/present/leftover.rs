//! What could not be undone, in words.

use crate::model::leftover::{Leftover, NotRemoved};

/// Operation, object and cause.
pub fn leftover(leftover: &Leftover) -> String {
    match leftover {
        Leftover::Process { pid } => format!("kill {pid}: still there"),
        Leftover::Path { path, cause } => format!("remove {}: {}", path.display(), not_removed(cause)),
        Leftover::Ledger { path, errno } => format!("read {}: {errno}", path.display()),
    }
}

/// The same for each of them.
pub fn leftovers(all: &[Leftover]) -> Vec<String> {
    all.iter().map(leftover).collect()
}

fn not_removed(cause: &NotRemoved) -> String {
    match cause {
        NotRemoved::Refused(errno) => errno.to_string(),
        NotRemoved::Entries { count: 1, first, errno } => format!("{first}: {errno}"),
        NotRemoved::Entries { count, first, errno } => {
            format!("{count} entries, the first of them {first}: {errno}")
        }
        NotRemoved::Moved => "a directory was moved while it was being removed".to_owned(),
    }
}
