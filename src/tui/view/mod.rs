//! Views: free functions from the state to cells.

pub mod calls;
pub mod chart;
pub mod diff;
pub mod map;
pub mod markdown;
pub mod planned;
pub mod readouts;
pub mod styled;
pub mod verdicts;
pub mod xray;
