//! The socket between a demo and its notes windows, on the real kernel: who can open it, who comes and goes, who does not read, and what is left; and
//! the window itself in a pseudo-terminal.

mod common;
#[macro_use]
#[path = "common/pty.rs"]
mod pty;

#[path = "notes/guard.rs"]
mod guard;
#[path = "notes/stage.rs"]
mod stage;
#[path = "notes/traffic.rs"]
mod traffic;
#[path = "notes/window.rs"]
mod window;
