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

use crate::kernel::process;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Runs the program in a role other than the one for people, if it was started with these words: as a guardian, a box or a trial. Call this before any
/// thread, terminal or logger exists; returns the exit status. A caller other than the program itself gets one sentence, and nothing is done.
pub fn hidden(words: &[&str]) -> Option<i32> {
    let begin = |life: &dyn Fn(OwnedFd) -> i32| match own::enter() {
        Ok(socket) => life(socket),
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "isolab {}: {why}", words[1]);
            own::REFUSED
        }
    };
    match words {
        [_, GUARDIAN, ledger] => Some(begin(&|socket| guardian::main(socket, Path::new(ledger)))),
        [_, BOX, name] => {
            // Before anything else: until this call, if the guardian dies nobody ends this process.
            process::die_with_parent();
            Some(begin(&|socket| boxed::main(socket, name)))
        }
        [_, trial::TRIAL, name, id] => Some(begin(&|socket| trial::main(socket, name, id))),
        _ => None,
    }
}

/// First arguments under which the program is its own guardian or box.
pub const GUARDIAN: &str = "__guardian";
/// See [`GUARDIAN`].
pub const BOX: &str = "__box";
/// The environment variable that marks every process of a run with the run's id, so that a later start finds those of a dead run.
pub const MARK: &str = "ISOLAB_RUN";
