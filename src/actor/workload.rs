//! A workload's life between fork and exit: it joins its cgroup before anything else, says hello, works, says how far it is.

use super::frame;
use super::protocol::FromBox;
use super::scene::Scene;
use crate::kernel::marker;
use crate::lesson::shape::Work;
use std::io::Write;
use std::os::fd::OwnedFd;

/// Everything from the fork on; gives the exit status. `ready` takes four bytes: 0, or the errno that stopped it.
pub fn live(work: &Work, scene: &Scene, socket: &OwnedFd, mut ready: std::io::PipeWriter) -> i32 {
    let _ = (work, scene);
    let _ = frame::send(socket, &FromBox::Hello, None);
    marker::end();
    let _ = ready.write_all(&0i32.to_ne_bytes());
    0
}
