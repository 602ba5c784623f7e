//! What an instructor writes: a title, chapters, and entries that refer to lessons and steps.

mod check;
mod draft;
mod entry;
mod fallback;
pub mod load;
mod pace;
pub mod schema;
pub mod shape;

pub use shape::{Chapter, Entry, Script};
