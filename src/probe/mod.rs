//! The only place that reads the kernel.

pub mod net;
mod netlink;
