//! What the tests of the screen share.

// Each test program uses a part of this.
#![allow(dead_code)]

pub mod recording;
pub mod stage;
