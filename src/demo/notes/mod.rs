//! The instructor's page, in a second terminal of the same user: a socket that nobody else can open, pages sent through it line by line, and the
//! window's end of it.
//!
//! The demo never waits for a window. A page is left for a thread, which gives each window the newest one and nothing older, and drops a window that
//! does not read.

mod client;
mod runtime_directory;
mod server;
mod window;
mod wire;

pub use client::{Client, Demo, Heard, News, demos, follow};
pub use runtime_directory::{Base, RuntimeDirectory, sweep};
pub use server::{Happened, Server};
