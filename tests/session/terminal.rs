//! A person at a terminal: types, and reads what comes.

use nix::pty::{OpenptyResult, openpty};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Anything that is typed is answered within this time.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    /// How much of it was looked at.
    read: usize,
    /// As long as it is open there is no hang-up.
    slave: OwnedFd,
}

impl Terminal {
    pub fn open() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).expect("openpty");
        let keyboard = File::from(master);
        let mut from = keyboard.try_clone().expect("dup");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shown = screen.clone();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(n @ 1..) = from.read(&mut piece) {
                shown.lock().expect("no panic").extend_from_slice(&piece[..n]);
            }
        });
        Terminal { keyboard, screen, read: 0, slave }
    }

    /// Its path, as `ttyname(3)` says.
    pub fn path(&self) -> PathBuf {
        nix::unistd::ttyname(&self.slave).expect("ttyname")
    }

    pub fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.screen.lock().expect("no panic")).into_owned();
        // bash says before and after each command whether to mark pasted text.
        text.replace("\x1b[?2004h", "").replace("\x1b[?2004l\r", "").replace("\x1b[?2004l", "")
    }

    pub fn type_in(&mut self, line: &str) {
        self.read = self.shown().len();
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("type");
    }

    /// Waits until this stands on the screen, after what was typed last.
    pub fn wait_for(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.shown().get(self.read..).unwrap_or("").contains(text) {
            assert!(Instant::now() < until, "`{text}` did not come:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Types a command, and gives what it has printed and its exit status.
    pub fn run(&mut self, command: &str) -> (String, i32) {
        // The marks are made of two parts, so that what is echoed is not taken for them.
        let then = if command.ends_with('&') { "" } else { ";" };
        self.type_in(&format!("echo \"BE\"GIN; {command}{then} echo \"END\"-$?-\"END\""));
        self.wait_for("END-");
        let start = self.read;
        let until = Instant::now() + PATIENCE;
        loop {
            let shown = self.shown();
            let new = &shown[start..];
            if let Some((before, rest)) = new.split_once("BEGIN").and_then(|(_, new)| new.split_once("END-"))
                && let Some((status, _)) = rest.split_once("-END")
            {
                let printed = before.split_once('\n').map_or("", |(_, p)| p).replace('\r', "");
                return (printed.trim_end().to_owned(), status.parse().expect("a status"));
            }
            assert!(Instant::now() < until, "no end of `{command}`:\n{shown}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
