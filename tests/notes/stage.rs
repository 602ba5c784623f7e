//! A demo that only publishes pages, in a directory of the test's own.

use crate::common::{Scratch, wait_for};
use isolab::demo::NotesPage;
use isolab::demo::notes::{Base, Happened, Server};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Whatever is waited for happens within this time, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A directory as `$XDG_RUNTIME_DIR` is: nobody else's.
pub struct Runtime {
    scratch: Scratch,
}

impl Runtime {
    pub fn new() -> Self {
        let runtime = Runtime { scratch: Scratch::new() };
        set_mode(runtime.scratch.path(), 0o700);
        runtime
    }

    pub fn path(&self) -> PathBuf {
        self.scratch.path().to_owned()
    }

    pub fn base(&self) -> Base {
        Base::private(self.path())
    }

    /// The directory of sockets.
    pub fn sockets(&self) -> PathBuf {
        self.base().path()
    }
}

pub fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

/// A demo, and what it is told about its windows.
pub struct Stage {
    pub server: Server,
    pub happened: Receiver<Happened>,
}

impl Stage {
    pub fn open(base: &Base, pid: u32) -> Stage {
        let (tell, happened) = channel();
        let server = Server::open_in(base, pid, move |what| drop(tell.send(what))).expect("a socket");
        Stage { server, happened }
    }

    pub fn publish(&self, title: &str) {
        self.server.publish(&page(title));
    }

    pub fn next(&self) -> Happened {
        self.happened.recv_timeout(PATIENCE).expect("something happens")
    }

    pub fn wait_attached(&self, windows: usize) {
        let there = wait_for(PATIENCE, || (self.server.attached() == windows).then_some(()));
        assert!(there.is_some(), "{} windows instead of {windows}", self.server.attached());
    }
}

pub fn page(title: &str) -> NotesPage {
    NotesPage {
        script: "Test".to_owned(),
        title: title.to_owned(),
        notes: vec!["A note.".to_owned()],
        ..NotesPage::default()
    }
}
