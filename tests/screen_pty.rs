//! The lab on a screen, end to end: the built program in a real pseudo-terminal, worked by keys and signals and looked at through what it draws.
//! After each test the terminal must be as it was, and nothing of the run may be left.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

#[path = "screen_pty/again.rs"]
mod again;
#[path = "screen_pty/around.rs"]
mod around;
#[path = "screen_pty/demo.rs"]
mod demo;
#[path = "screen_pty/ends.rs"]
mod ends;
#[path = "screen_pty/jobs.rs"]
mod jobs;
#[path = "screen_pty/lab.rs"]
mod lab;
#[path = "screen_pty/shell.rs"]
mod shell;
#[path = "screen_pty/walk.rs"]
mod walk;
