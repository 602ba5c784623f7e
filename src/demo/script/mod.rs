//! What an instructor writes: a title, chapters, and entries that refer to lessons and steps.

mod check;
mod context;
mod draft;
pub mod emphasis;
mod entry;
mod fallback;
pub mod load;
mod pace;
pub mod schema;
pub mod shape;
mod shown;

pub use shape::{Chapter, Script, ScriptEntry};
