//! What is written into the cgroup tree: lists of changes, complete before the first is made. `probe` says where files are, and `kernel` makes the
//! changes.

pub mod directories;
pub mod setting;
