//! Live demos: scripts, what of them is to be played, its pace, and recordings.

pub mod cast;
pub mod drive;
pub mod library;
pub mod lint;
pub mod notes;
pub mod notes_page;
pub mod plan;
pub mod rehearsal;
pub mod script;
pub mod when;

pub use notes_page::NotesPage;
pub use plan::{Cue, Plan};
pub use script::Script;
