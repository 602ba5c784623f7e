//! The processes of a run: the guardian (spawns, traces, reaps, keeps the ledger) and the boxes (make the calls, read what only they can
//! see). One executor a kind of action; one guard in front of all of them.

pub mod boxed;
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
pub mod room;
pub mod scene;
pub mod shell;
pub mod stuck;
pub mod sweep;
pub mod trace;
pub mod trial;
pub mod workload;

use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Runs the program in a role other than the one for people, if it was started with these words: as a guardian or a trial. Call this before any
/// thread, terminal or logger exists; returns the exit status. A caller other than the program itself gets one sentence, and nothing is done.
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
        [_, GUARDIAN, ledger] => Some(begin(&|socket| guardian::main(socket, Path::new(ledger), life))),
        [_, trial::TRIAL, id, names @ ..] => Some(begin(&|socket| trial::main(socket, id, names))),
        _ => None,
    }
}

/// The first argument under which the program is its own guardian.
pub const GUARDIAN: &str = "__guardian";
/// The first argument that a box shows: it is a fork of the guardian, and no start of the program has this word.
pub const BOX: &str = "__box";
/// The environment variable that marks every process of a run with the run's id, so that a later start finds those of a dead run.
pub const MARK: &str = "ISOLAB_RUN";
