//! What an instructor sees and the room does not: the window of `isolab notes`.

pub mod clock;
pub mod keys;
pub mod parts;
mod run;
pub mod state;
pub mod view;

pub use parts::lines;
pub use run::{Input, run};
pub use state::NotesState;
