//! The processes of a run: the guardian (spawns, traces, reaps, keeps the ledger) and the boxes (make the calls, read what only they can
//! see). One executor a kind of action; one guard in front of all of them.

pub mod birth;
pub mod boxed;
mod capture;
pub mod cgroup;
pub mod client;
pub mod confinement;
pub mod execute;
pub mod frame;
pub mod guard;
pub mod guardian;
pub mod ids;
pub mod ledger;
pub mod member;
pub mod own;
pub mod place;
pub mod protocol;
pub mod remove;
pub mod role;
pub mod room;
pub mod scene;
pub mod shell_commands;
pub mod shell_keeper;
pub mod stuck;
pub mod sweep;
pub mod trace;
pub mod trial;
pub mod workload;

use crate::workload::command;
use role::GUARDIAN;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Runs the program in a role other than the lab's, if it was started with these words: as a guardian or a trial, or as a workload in a person's
/// shell. Call this before any thread, terminal or logger exists; returns the exit status. Guardian and trial do nothing but give one sentence to a
/// caller other than the program itself.
pub fn hidden(words: &[&str]) -> Option<i32> {
    hidden_with(words, |socket, name| boxed::main(socket, name))
}

/// The same with something else that boxes do.
pub fn hidden_with(words: &[&str], life: guardian::BoxLife) -> Option<i32> {
    let begin = |life: &dyn Fn(OwnedFd) -> i32| match own::enter() {
        Ok(socket) => life(socket),
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "isolab {}: {why}", words[1]);
            own::REFUSED
        }
    };
    match words {
        [name, ..] if command::is_called(name) => Some(command::main(words)),
        [_, GUARDIAN, ledger] => Some(begin(&|socket| guardian::main(socket, Path::new(ledger), life))),
        [_, trial::TRIAL, id, names @ ..] => Some(begin(&|socket| trial::main(socket, id, names))),
        _ => None,
    }
}
