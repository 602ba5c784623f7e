//! The only place that reads the kernel. Readers of `/proc` and `/sys` take their root, so that they can be tested on sample trees.

pub mod answer;
pub mod at;
pub mod beside;
mod bridge;
pub mod capture;
pub mod cgroup;
mod clock;
pub mod cpu;
pub mod file;
pub mod fingerprint;
mod frame;
mod ipc;
pub mod mount_watch;
pub mod mountinfo;
pub mod namespace;
pub mod nat;
pub mod net;
mod netlink;
pub mod process;
pub mod read;
pub mod release;
pub mod terminal;
pub mod text;
pub mod view;

pub use beside::{Beside, read_beside};
pub use read::{place, read, read_as_host};
pub use view::View;
