//! What an instructor writes: a title, chapters, and entries that refer to lessons and steps.

pub mod load;
pub mod shape;

pub use shape::{Chapter, Entry, Script};
