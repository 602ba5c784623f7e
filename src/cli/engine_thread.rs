//! An engine on a thread of its own, for commands without a screen.

use super::console::complain;
use super::{check, exit, swept};
use crate::engine::{self, machine::Machine};
use crate::events::{Command, Engine, Event};
use crate::lesson::Catalog;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

/// Starts an engine and works with it; everything is undone when the work is over. What killed runs have left is undone first.
///
/// # Errors
/// The exit code; what is wrong was said.
pub fn with<T>(machine: &Machine, catalog: &Catalog, work: impl FnOnce(&Engine) -> T) -> Result<T, u8> {
    let interrupted = check::interruptible()?;
    swept::complain();
    let (commands, asked) = channel::<Command>();
    let (emit, events) = channel::<Event>();
    let cancel = Arc::new(AtomicBool::new(false));
    let shared = cancel.clone();
    std::thread::scope(|scope| {
        // The guardian dies with the thread that started it (PR_SET_PDEATHSIG), so this one thread starts them all and outlives them.
        let thread = std::thread::Builder::new().name("engine".to_owned()).spawn_scoped(scope, move || {
            engine::serve(machine, catalog, &asked, &shared, &mut |event| drop(emit.send(event)));
        });
        let thread = thread.map_err(|e| {
            complain(&format!("start a thread: {e}"));
            exit::USAGE
        })?;
        let done = work(&Engine {
            commands: &commands,
            events: &events,
            cancel: &cancel,
            interrupted: &interrupted,
        });
        drop(commands);
        // The panic is on standard error already, and the work has stopped.
        let _ = thread.join();
        Ok(done)
    })
}
