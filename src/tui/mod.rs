//! The screen: state, update, views. Keys become actions, actions change the state and give effects, and the loop carries the effects out; views
//! only draw. Nothing here reads the kernel: what is shown came with the engine's events.

pub mod theme;
pub mod view;
