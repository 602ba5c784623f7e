//! What is shown to a room: recordings.

pub mod cast;
