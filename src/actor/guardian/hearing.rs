//! The guardian's incoming messages: from boxes and workloads over their sockets, and from the kernel about processes that stop and end.

use super::peer::{self, Kind, Peer};
use super::{Guardian, self_pid};
use crate::actor::protocol::{FromBox, FromGuardian, Reply};
use crate::actor::trace::{Progress, Trace};
use crate::kernel::{process, raw};
use crate::model::{Call, Process};
use std::io;
use std::path::Path;

/// More messages than a socket's buffer holds (`net.core.wmem_max` bytes, several hundred for each).
const MOST_AT_ONCE: usize = 1024;

impl Guardian {
    /// Calls reported by a box, with process numbers translated to the host's.
    pub(super) fn on_host(&self, name: &str, mut reported: Vec<Call>) -> Vec<Call> {
        let Some(peer) = self.peers.get(name) else { return reported };
        for call in &mut reported {
            let caller = if peer.numbers.last() == Some(&call.pid) {
                Some(peer)
            } else {
                self.find(name, call.pid).and_then(|n| self.peers.get(&n))
            };
            call.pid = caller.and_then(|p| p.pid).unwrap_or(call.pid);
        }
        reported
    }

    /// Receives from a peer. From a box: one message, a part of one, or the end of its connection. From a workload: everything that is there, because it
    /// repeats the same message with new numbers, and only the last one counts.
    pub(super) fn hear(&mut self, name: &str) {
        let is_workload = self.peers.get(name).is_some_and(|p| p.kind == Kind::Workload);
        let most = if is_workload { MOST_AT_ONCE } else { 1 };
        for _ in 0..most {
            if !self.hear_one(name) {
                break;
            }
        }
    }

    /// Receives all that workloads have sent so far.
    pub(super) fn hear_workloads(&mut self) {
        let is_one = |p: &Peer| p.kind == Kind::Workload && p.connection.is_some();
        let all: Vec<String> = self.peers.iter().filter(|(_, p)| is_one(p)).map(|(n, _)| n.clone()).collect();
        for name in all {
            self.hear(&name);
        }
    }

    /// Receives one message; returns whether there was one, so that another may follow.
    fn hear_one(&mut self, name: &str) -> bool {
        let Some(connection) = self.peers.get_mut(name).and_then(|p| p.connection.as_mut()) else {
            return false;
        };
        let heard = match connection.read() {
            Ok(Some(received)) => match received.message::<FromBox>() {
                Ok(message) => self.take(name, message, received.sender),
                Err(_) => Err("it sent something that is not a message".to_owned()),
            },
            Ok(None) => {
                // Do not wait for any other process that has got hold of the peer's socket.
                let sender = connection.sender();
                if self.peers.get(name).is_some_and(|p| !p.may_have_sent(sender)) {
                    self.expel(name, &spoke(sender));
                }
                return false;
            }
            Err(e) if e.kind() == io::ErrorKind::InvalidData => Err(e.to_string()),
            Err(_) => {
                self.hung_up(name);
                return false;
            }
        };
        match heard {
            Ok(()) => true,
            Err(why) => {
                self.expel(name, &why);
                false
            }
        }
    }

    /// Handles a message, as far as it can be believed.
    fn take(&mut self, name: &str, message: FromBox, sender: Option<i32>) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(name) else { return Ok(()) };
        if !peer.may_have_sent(sender) {
            return Err(spoke(sender));
        }
        let is_new = peer.numbers.is_empty();
        match message {
            FromBox::Hello if is_new => return self.born(name, sender),
            FromBox::Hello => return Err("it announced itself twice".to_owned()),
            _ if is_new => return Err("it sent a message before it announced itself".to_owned()),
            FromBox::Reply { reply, calls } => {
                let pending = peer.pending.as_mut().ok_or("it sent an answer without a request")?;
                pending.takes(&reply)?;
                // The lab lets a person into this process, and ends it.
                if let Reply::Shell { pid, .. } = reply
                    && !peer::is_below(pid, self_pid())
                {
                    return Err(format!("it said that process {pid} is its shell"));
                }
                let unmarked = matches!(
                    reply,
                    Reply::Refused { .. }
                        | Reply::Failed { .. }
                        | Reply::Read(_)
                        | Reply::ReadAll(_)
                        | Reply::Surroundings(_)
                );
                pending.reply = Some((reply, calls));
                // Where nothing was made no mark ends the trace; else it has ended before the answer.
                if unmarked {
                    self.abandon_trace(name);
                }
                self.complete(name);
            }
            FromBox::Reaped { pid, how } if peer.kind == Kind::Box => {
                if let Some(child) = self.find(name, pid)
                    && self.may_have_reaped(name, &child)
                {
                    self.ended(&child, how);
                }
            }
            FromBox::Took { bytes } if peer.kind == Kind::Workload => peer.took = Some(bytes),
            FromBox::Forked { made, failed } if peer.kind == Kind::Workload => {
                peer.forked = Some((made, failed));
            }
            FromBox::Reaped { .. } | FromBox::Took { .. } | FromBox::Forked { .. } => {
                return Err("it sent what only another kind of process may".to_owned());
            }
        }
        Ok(())
    }

    /// Whether a report of a child's end can be true: the child has ended, and it was the reporter's own child, or an orphan, which goes to the next PID 1.
    fn may_have_reaped(&self, by: &str, child: &str) -> bool {
        let Some(child) = self.peers.get(child) else { return false };
        let is_orphan = |maker: &String| self.peers.get(maker).is_none_or(|m| m.ended || m.is_dead());
        let is_childs = child.made_by.as_deref() == Some(by) || child.made_by.as_ref().is_some_and(is_orphan);
        is_childs && child.is_dead()
    }

    /// The first message of a box or workload. A peer made by a box is known only by this message: it must be a process of this run, and not one
    /// that another peer claims to be.
    fn born(&mut self, name: &str, sender: Option<i32>) -> Result<(), String> {
        let known = self.peers.get(name).and_then(|p| p.pid);
        let Some(pid) = known.or(sender.filter(|p| *p > 0)) else { return Ok(()) };
        let is_others =
            |(n, p): (&String, &Peer)| n != name && !p.ended && p.pid == Some(pid) && !p.is_dead();
        if known.is_none() && (self.peers.iter().any(is_others) || !peer::is_below(pid, self_pid())) {
            return Err(format!("it said that it is process {pid}"));
        }
        let Some(peer) = self.peers.get_mut(name) else { return Ok(()) };
        if known.is_none() {
            peer.is_process(pid);
        }
        peer.numbers = crate::probe::process::numbers(Path::new("/proc"), pid).unwrap_or_else(|_| vec![pid]);
        self.tell(&FromGuardian::Born { name: name.to_owned(), pid });
        self.complete_waiting_for(name);
        Ok(())
    }

    /// Ends a peer that sends what it cannot mean: closes its connection and kills its process.
    pub(super) fn expel(&mut self, name: &str, why: &str) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        peer.kill();
        if let Some(pending) = peer.pending.as_mut() {
            let what = format!("{name} was ended: {why}");
            pending.reply.get_or_insert((Reply::Lost { what }, Vec::new()));
        }
        self.hung_up(name);
    }

    fn complete_waiting_for(&mut self, child: &str) {
        let waiting = self
            .peers
            .iter()
            .find(|(_, p)| {
                p.pending.as_ref().is_some_and(|p| p.awaits.as_ref().is_some_and(|(n, _)| n == child))
            })
            .map(|(n, _)| n.clone());
        if let Some(parent) = waiting {
            self.complete(&parent);
        }
    }

    pub(super) fn hung_up(&mut self, name: &str) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        if peer.connection.take().is_none() {
            return;
        }
        if peer.pid.is_some() && !peer.ended {
            self.tell(&FromGuardian::Ended { name: name.to_owned(), how: None });
        }
        let Some(peer) = self.peers.get_mut(name) else { return };
        if let Some(pending) = peer.pending.as_mut() {
            let reply = if pending.exits {
                Reply::Done { output: None }
            } else {
                Reply::Lost { what: format!("{name} ended before it answered") }
            };
            pending.reply.get_or_insert((reply, Vec::new()));
            // The tracer learns of the end separately; only if it already has is the trace complete.
            let traced = peer.pid.is_some_and(|pid| self.tracer.holds().any(|p| p == pid));
            if !traced {
                self.abandon_trace(name);
            }
            self.complete(name);
        }
        self.complete_waiting_for(name);
    }

    pub(super) fn reap(&mut self) {
        while let Some((pid, status)) = raw::wait_any() {
            if !self.observer.on_status(pid, status) {
                match self.tracer.on_status(pid, status) {
                    Progress::Finished(pid, trace) | Progress::Died(pid, trace) => self.traced(pid, trace),
                    Progress::NotMine | Progress::Nothing => {}
                }
            }
            // A tracer is also notified of the end of a tracee that is not its child; the zombie is then still there for its parent.
            if let Some(how) = process::end_of(status)
                && !Path::new("/proc").join(pid.to_string()).exists()
                && let Some(name) = self.name_of(pid)
            {
                self.ended(&name, how);
            }
        }
    }

    /// Attaches a trace to its request. The box may have ended already.
    fn traced(&mut self, pid: i32, trace: Trace) {
        let waiting = |p: &Peer| p.pid == Some(pid) && p.pending.as_ref().is_some_and(|p| p.trace.is_none());
        let Some(name) = self.peers.iter().find(|(_, p)| waiting(p)).map(|(n, _)| n.clone()) else { return };
        if let Some(pending) = self.peers.get_mut(&name).and_then(|p| p.pending.as_mut()) {
            pending.trace = Some(trace);
        }
        self.complete(&name);
    }

    fn ended(&mut self, name: &str, how: Process) {
        let Some(peer) = self.peers.get_mut(name) else { return };
        if !peer.ended {
            peer.ended = true;
            self.tell(&FromGuardian::Ended { name: name.to_owned(), how: Some(how) });
        }
    }

    fn name_of(&self, pid: i32) -> Option<String> {
        self.peers.iter().find(|(_, p)| p.pid == Some(pid) && !p.ended).map(|(n, _)| n.clone())
    }

    /// The box or workload that has this number in another one's PID namespace.
    fn find(&self, seen_by: &str, number: i32) -> Option<String> {
        let depth = self.peers.get(seen_by)?.numbers.len().checked_sub(1)?;
        self.peers
            .iter()
            .find(|(_, p)| !p.ended && p.numbers.get(depth) == Some(&number))
            .map(|(n, _)| n.clone())
    }
}

fn spoke(sender: Option<i32>) -> String {
    format!("process {} spoke for it", sender.unwrap_or(0))
}
