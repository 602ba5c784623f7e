//! What reports and screens have in common: records in words, readings as lines, and before and after compared line by line.

pub mod action;
pub mod chosen;
pub mod claim;
pub mod focus;
pub mod leftover;
pub mod pairs;
pub mod prose;
pub mod reading;
pub mod rows;
pub mod runs;
pub mod shell;
pub mod verdict;

pub use crate::plain;
