//! What the end of a program means.

use crate::actor::protocol::Ran;
use crate::events::ActionEnd;
use crate::model::Process;
use crate::vocabulary::Sig;
use crate::vocabulary::action::Ending;

/// The text shown to a person: the program's output, and any action taken against it.
pub(super) fn shown(ran: &Ran) -> String {
    let mut text = ran.output.clone();
    if ran.left_processes {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("[the processes that it left in the background were ended]\n");
    }
    text
}

/// How an action ended that has run a program.
pub(super) fn end(ran: &Ran) -> ActionEnd {
    match (&ran.limit, &ran.status) {
        (Some(limit), _) => ActionEnd::Refused(limit.clone()),
        (None, Process::Exited(0)) => ActionEnd::Succeeded,
        (None, status) => ActionEnd::Program(status.clone()),
    }
}

/// The end of a program that failed and was not killed by the lab, as a lesson writes it.
pub(super) fn failed(ran: &Ran) -> Option<Ending> {
    match (&ran.limit, &ran.status) {
        (None, Process::Exited(status)) if *status != 0 => Some(Ending::Exited(*status)),
        (None, Process::KilledBy(name)) => Sig::named(name).map(Ending::KilledBy),
        _ => None,
    }
}
