//! The other end of the engine's channels.

use isolab::engine::{self, machine::Machine};
use isolab::events::{Command, Event, Readiness};
use isolab::lesson::Catalog;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Any answer comes within this time, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Client {
    commands: Option<Sender<Command>>,
    events: Receiver<Event>,
    cancel: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    readiness: Vec<(String, Readiness)>,
}

impl Client {
    pub fn start() -> Self {
        let (commands, to_obey) = channel();
        let (tell, events) = channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let shared = cancel.clone();
        let thread = std::thread::spawn(move || {
            let machine = Machine::read().expect("read the machine");
            engine::serve(&machine, &Catalog::built_in(), &to_obey, &shared, &mut |event| {
                let _ = tell.send(event);
            });
        });
        let mut client =
            Client { commands: Some(commands), events, cancel, thread: Some(thread), readiness: Vec::new() };
        let Event::Readiness(readiness) = client.next(PATIENCE) else { panic!("readiness comes first") };
        client.readiness = readiness;
        client
    }

    pub fn readiness(&self) -> &[(String, Readiness)] {
        &self.readiness
    }

    /// Why a lesson cannot be run here.
    pub fn blocked(&self, lesson: &str) -> Option<String> {
        self.readiness.iter().find(|(id, _)| id == lesson).and_then(|(_, r)| match r {
            Readiness::Blocked { reason, .. } => Some(reason.clone()),
            _ => None,
        })
    }

    pub fn send(&self, command: Command) {
        self.commands.as_ref().expect("open").send(command).expect("the engine lives");
    }

    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    pub fn next(&self, within: Duration) -> Event {
        self.events.recv_timeout(within).expect("an event")
    }

    /// The next event of this kind; others are passed over.
    pub fn next_of(&self, wanted: &str) -> Event {
        loop {
            let event = self.next(PATIENCE);
            if kind(&event) == wanted {
                return event;
            }
        }
    }

    /// Whether nothing comes for so long; what is on its way does not count.
    pub fn quiet(&self, length: Duration) -> bool {
        while self.events.try_recv().is_ok() {}
        self.events.recv_timeout(length).is_err()
    }

    pub fn until_idle(&self) -> Vec<Event> {
        let mut all = Vec::new();
        while all.last() != Some(&Event::Idle) {
            all.push(self.next(PATIENCE));
        }
        all
    }

    /// Carries out a command; gives all events, the last of them `idle`.
    pub fn ask(&self, command: Command) -> Vec<Event> {
        self.send(command);
        self.until_idle()
    }

    /// Lets go of the engine, which then undoes everything.
    pub fn finish(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the engine ends well");
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Also when a test has failed: nothing may be left for the next one.
        self.cancel();
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Opened { .. } => "opened",
        Event::StepStarted { .. } => "started",
        Event::Before(_) => "before",
        Event::Prepared { .. } => "prepared",
        Event::LetGo => "let go",
        Event::Acted(_) => "acted",
        Event::Sampled(_) => "sampled",
        Event::Waiting { .. } => "waiting",
        Event::Snapshot(_) => "snapshot",
        Event::StepEnded(_) => "ended",
        Event::Closed(_) => "closed",
        Event::Readiness(_) => "readiness",
        Event::Namespaces(_) => "namespaces",
        Event::ShellStarted { .. } => "shell started",
        Event::ShellEnded { .. } => "shell ended",
        Event::Trying { .. } => "trying",
        Event::Tried { .. } => "tried",
        Event::Undone { .. } => "undone",
        Event::Cancelled => "cancelled",
        Event::Refused(_) => "refused",
        Event::Idle => "idle",
    }
}

pub fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(kind).collect()
}
