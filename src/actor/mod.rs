//! Processes.

pub mod decode;
pub mod trace;
