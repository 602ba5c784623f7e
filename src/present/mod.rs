//! What reports and screens have in common: readings as lines, and before and after compared line by line.

pub mod pairs;
pub mod reading;

pub use crate::plain;
