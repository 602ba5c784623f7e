//! What a network namespace needs drivers for: a veth pair, a bridge, a VXLAN, NAT. And whether its sysctls can be set.

use super::calls::Calls;
use super::refusal::Refusal;
use super::stage::{self, as_box};
use super::surroundings::{Surroundings, blocked};
use crate::kernel::link::{self, VxlanEnd};
use crate::kernel::nft::{self, Chain};
use crate::kernel::{Error, file, namespace};
use crate::model::Errno;
use crate::model::nft::{Expression, Rule};
use crate::probe::cgroup::Blocked;
use crate::probe::nat::connections;
use crate::vocabulary::verb::bridge::VXLAN_PORT;
use nix::sched::CloneFlags;
use rustix::fs::OFlags;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::Path;

/// The netlink message that lists connections.
const CONNECTIONS: &str = "IPCTNL_MSG_CT_GET";

pub(super) const VETH: Calls = Calls {
    make: |id| {
        in_a_network(id, || {
            let own = file::open(Path::new("/proc/self/ns/net"), OFlags::RDONLY, 0)?;
            Ok(link::veth("trial0", "trial1", own.as_fd())?)
        })
    },
    leaves_files: false,
    cause: |here, refusal| without(here, refusal, "this kernel has no veth driver", "modprobe veth"),
};

pub(super) const BRIDGE: Calls = Calls {
    make: |id| in_a_network(id, || Ok(link::bridge("trial0")?)),
    leaves_files: false,
    cause: |here, refusal| without(here, refusal, "this kernel has no bridge driver", "modprobe bridge"),
};

pub(super) const VXLAN: Calls = Calls {
    make: |id| {
        in_a_network(id, || {
            let end = VxlanEnd { id: 1, local: Ipv4Addr::new(192, 0, 2, 1), remote: None, port: VXLAN_PORT };
            Ok(link::vxlan("trial0", &end)?)
        })
    },
    leaves_files: false,
    cause: |here, refusal| without(here, refusal, "this kernel has no vxlan driver", "modprobe vxlan"),
};

pub(super) const NAT: Calls = Calls {
    make: |id| {
        in_a_network(id, || {
            nft::append(Chain::Postrouting, &Rule(vec![Expression::Masquerade]))?;
            let listed = connections();
            listed.map(drop).map_err(|e| Error::new("read", CONNECTIONS, Errno::of(&e)).into())
        })
    },
    leaves_files: false,
    cause: |here, refusal| {
        // Netlink's answer for a part of it that no module has registered.
        if refusal.object == CONNECTIONS && refusal.errno() == Some(libc::EINVAL) {
            return Some(blocked(
                "this kernel lists no tracked connections",
                here.as_root("modprobe nf_conntrack_netlink"),
            ));
        }
        let missing = [libc::EOPNOTSUPP, libc::EPROTONOSUPPORT, libc::ENOENT];
        missing.into_iter().any(|errno| refusal.errno() == Some(errno)).then(|| {
            blocked(
                "this kernel has no nf_tables with NAT",
                here.as_root("modprobe -a nf_tables nft_chain_nat nft_nat nft_masq"),
            )
        })
    },
};

pub(super) const SYSCTL: Calls = Calls {
    make: |id| in_a_network(id, || Ok(file::write(Path::new("/proc/sys/net/ipv4/ip_forward"), "0\n")?)),
    leaves_files: false,
    cause: |here, refusal| {
        (refusal.errno() == Some(libc::EROFS)).then(|| {
            blocked(
                "/proc/sys is mounted read-only, so no sysctl can be set",
                format!(
                    "start the container with --security-opt systempaths=unconfined; where it is not a container: {}",
                    here.as_root("mount -o remount,rw /proc/sys")
                ),
            )
        })
    },
};

fn in_a_network(id: u32, make: impl FnOnce() -> stage::Result) -> stage::Result {
    as_box(id, || {
        namespace::unshare(CloneFlags::CLONE_NEWNET)?;
        make()
    })
}

fn without(here: &Surroundings, refusal: &Refusal, reason: &str, load: &str) -> Option<Blocked> {
    (refusal.errno() == Some(libc::EOPNOTSUPP)).then(|| blocked(reason, here.as_root(load)))
}
