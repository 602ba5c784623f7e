//! A run: what this machine allows, worlds, steps, judging. Commands in, events out.

pub mod foreign_load;
pub mod ids;
pub mod machine;
mod name_service;
pub mod needs;
mod run;
pub mod serve;
pub mod session;
pub mod share;
pub mod step;
pub mod watch;
pub mod world;

pub use run::{Options, run};
pub use serve::serve;
