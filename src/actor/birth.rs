//! How every process of a run comes to its user namespace, its ids and its first namespaces.

use super::execute::{Failure, clone_flags};
use super::protocol::Birth;
use crate::kernel::{file, identity, namespace, process};
use crate::model::Ns;
use rustix::fs::OFlags;
use rustix::thread::CapabilitySet;
use std::path::Path;

/// Takes the place in which a box is born. The user namespace comes first: it gives the capabilities for all others. The ids come
/// before the other namespaces, so that what those own is root's of the new user namespace.
pub fn enter(birth: &Birth) -> Result<(), Failure> {
    if let Some(pid) = birth.user_of {
        let path = format!("/proc/{pid}/ns/user");
        let fd = file::open(Path::new(&path), OFlags::RDONLY, 0)?;
        namespace::setns(fd, &path, Ns::User)?;
    }
    if let Some(id) = birth.id {
        if rustix::process::geteuid().is_root() || birth.user_of.is_some() {
            // Refused where `setgroups` was denied before the map, which gives up the same.
            let _ = identity::clear_groups();
        }
        identity::setgid(id)?;
        identity::setuid(id)?;
        process::stay_readable();
        process::die_with_parent();
    }
    if !birth.new.0.is_empty() {
        namespace::unshare(clone_flags(&birth.new.0)?)?;
    }
    if let Some(maps_root) = birth.ordinary {
        let keep = if maps_root { CapabilitySet::SETFCAP } else { CapabilitySet::empty() };
        identity::give_up_root(keep)?;
        process::stay_readable();
        process::die_with_parent();
    }
    Ok(())
}
