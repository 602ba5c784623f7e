//! The box's own report of its calls: used where the kernel's word (`ptrace(2)`) cannot be had, and then labelled. It is in the words
//! of [`calls`](crate::calls), and leaves out what the tracer leaves out: waiting, asking, closing.

use crate::model::{Call, Errno, Outcome};
use std::cell::RefCell;
use std::fmt::Display;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

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

/// Adds what a child has recorded that was made for this action.
pub fn add(calls: Vec<Call>) {
    CALLS.with(|c| {
        if let Some(own) = c.borrow_mut().as_mut() {
            own.extend(calls);
        }
    });
}

/// Notes one call, with arguments decoded as the tracer does, and hands its result on.
/// The value is what the system call returned (0 for most).
pub fn call<E: Into<Errno> + Copy>(name: &str, args: &[String], result: Result<i64, E>) -> Result<i64, E> {
    note(
        name,
        args,
        match result {
            Ok(v) => Outcome::Returned(v),
            Err(e) => Outcome::Failed(e.into()),
        },
    );
    result
}

/// Notes one call that returns nothing but whether it was carried out; its error names the call and the object.
pub fn done<E: Into<Errno> + Copy>(
    name: &str,
    args: &[String],
    object: impl Display,
    result: Result<(), E>,
) -> super::Result<()> {
    call(name, args, result.map(|()| 0)).map(|_| ()).map_err(|e| super::Error::new(name, object, e))
}

/// Notes one call that will not return to its caller.
pub fn last(name: &str, args: &[String]) {
    note(name, args, Outcome::Unfinished);
}

fn note(name: &str, args: &[String], outcome: Outcome) {
    CALLS.with(|c| {
        if let Some(calls) = c.borrow_mut().as_mut() {
            let pid = i32::try_from(std::process::id()).unwrap_or(0);
            calls.push(Call { pid, name: name.to_owned(), args: args.to_vec(), outcome });
        }
    });
}

/// A descriptor of a file. `/proc/self` is shown as whose it is, which is what the descriptor's own link says.
pub fn descriptor(fd: impl AsFd, path: &Path) -> String {
    let number = fd.as_fd().as_raw_fd();
    match path.strip_prefix("/proc/self") {
        Ok(rest) => format!("{number}</proc/{}/{}>", std::process::id(), rest.display()),
        Err(_) => format!("{number}<{}>", path.display()),
    }
}

/// A descriptor of something without a path, of this kind: `5<user:[4026531837]>`.
pub fn object(fd: impl AsFd, kind: &str) -> String {
    let number = fd.as_fd().as_raw_fd();
    // It is open, so it can be asked for its number.
    let inode = rustix::fs::fstat(fd).map_or(0, |found| found.st_ino);
    format!("{number}<{kind}:[{inode}]>")
}
