//! The box's own report of its calls: used where the kernel's word (`ptrace(2)`) cannot be had, and then labelled.

use crate::model::{Call, Errno, Outcome};
use std::cell::RefCell;

thread_local! {
    static CALLS: RefCell<Option<Vec<Call>>> = const { RefCell::new(None) };
}

/// Begins to record the calls of this thread.
pub fn start() {
    CALLS.with(|c| *c.borrow_mut() = Some(Vec::new()));
}

/// Ends recording and gives what was recorded since [`start`].
pub fn take() -> Vec<Call> {
    CALLS.with(|c| c.borrow_mut().take()).unwrap_or_default()
}

/// Notes one call, with arguments decoded as the tracer does, and hands its result on.
/// The value is what the system call returned (0 for most).
pub fn call<E: Into<Errno> + Copy>(name: &str, args: &[String], result: Result<i64, E>) -> Result<i64, E> {
    CALLS.with(|c| {
        if let Some(calls) = c.borrow_mut().as_mut() {
            let outcome = match result {
                Ok(v) => Outcome::Returned(v),
                Err(e) => Outcome::Failed(e.into()),
            };
            let pid = i32::try_from(std::process::id()).unwrap_or(0);
            calls.push(Call { pid, name: name.to_owned(), args: args.to_vec(), outcome });
        }
    });
    result
}

/// A text argument in the tracer's form: quoted, control characters escaped.
pub fn quote(text: impl AsRef<[u8]>) -> String {
    format!("{:?}", String::from_utf8_lossy(text.as_ref()))
}
