//! A veth pair.

use super::calls::Calls;
use super::refusal::Refusal;
use super::stage::as_box;
use super::surroundings::{Surroundings, blocked};
use crate::kernel::{file, link, namespace};
use crate::probe::cgroup::Blocked;
use nix::sched::CloneFlags;
use rustix::fs::OFlags;
use std::os::fd::AsFd;
use std::path::Path;

pub(super) const VETH: Calls = Calls {
    make: |id| {
        as_box(id, || {
            namespace::unshare(CloneFlags::CLONE_NEWNET)?;
            let own = file::open(Path::new("/proc/self/ns/net"), OFlags::RDONLY, 0)?;
            Ok(link::veth("trial0", "trial1", own.as_fd())?)
        })
    },
    leaves_files: false,
    cause,
};

fn cause(here: &Surroundings, refusal: &Refusal) -> Option<Blocked> {
    (refusal.errno() == Some(libc::EOPNOTSUPP))
        .then(|| blocked("this kernel has no veth driver", here.as_root("modprobe veth")))
}
