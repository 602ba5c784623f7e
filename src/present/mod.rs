//! What reports and screens have in common: texts that a terminal may have, before and after laid against each other.

pub mod pairs;
pub mod reading;

pub use crate::plain;
