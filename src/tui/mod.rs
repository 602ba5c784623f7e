//! The screen: state, update, views. Keys become actions, actions change the state and give effects, and the loop carries the effects out; views
//! only draw. Nothing here reads the kernel: what is shown came with the engine's events.

pub mod app;
pub mod key;
pub mod keys;
pub mod look;
pub mod message;
pub mod movement;
pub mod notes;
pub mod overlay;
pub mod picture;
mod pty;
mod run;
pub mod screen;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod walkthrough;

pub use run::{Engine, Keep, Keeper, Publish, run};
pub use terminal::{Recorder, Shared};
