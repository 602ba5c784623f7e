//! What becomes of an author's text: loading, validation, diagnostics, judging, the catalog of built-in lessons.

pub mod by_hand;
pub mod catalog;
mod choose;
pub(crate) mod de;
pub mod diagnostic;
mod draft;
pub mod early;
mod elsewhere;
pub mod file;
pub mod glossary;
mod id;
pub mod judge;
pub mod lint;
pub mod load;
pub(crate) mod make;
mod misfit;
pub mod outline;
pub mod param;
pub mod position;
mod prove;
mod put_in;
pub mod readouts;
pub mod schema;
pub mod seed;
pub(crate) mod span;
mod syntax;
pub mod text;
pub(crate) mod validate;
pub mod words;

pub use catalog::Catalog;
pub use diagnostic::Diagnostic;
pub use lint::{Lint, lint};
pub use load::{is_script, load, load_file, load_selected};
pub use prove::prove;
