//! The walls around every program that a lesson starts and around a person's shell.
//!
//! A program or shell that enters a box's namespaces is started by a helper of the guardian, never by the box. The helper opens what it needs with the
//! host's rights, enters the run's user namespace as its root, joins the box's namespaces, makes private what the box shares with the host, closes off the
//! mount table, and only then takes over the box's identity. So a box that has given up its capabilities still gets walls, and nothing that the box has
//! done to its root directory can prevent them.

pub mod credentials;
mod device;
mod hidden;
mod limits;
pub mod opened;
pub mod program;
mod table;
pub mod trial;

pub use device::SCRATCH;
pub use hidden::{Hidden, LIST_ROOT, hidden};
pub use table::Table;
