//! Who a process is: host name of its UTS namespace, user and group ids, capabilities.

use super::record::done;
use super::{Error, Result};
use crate::calls::{quote, structure};
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet, CapabilitySets};

/// `sethostname(name, len)`: changes the name in the caller's UTS namespace.
pub fn sethostname(name: &str) -> Result<()> {
    let result = nix::unistd::sethostname(name);
    done("sethostname", &[quote(name), name.len().to_string()], name, result)
}

/// `setdomainname(name, len)`: the NIS domain name, the other name of a UTS namespace.
pub fn setdomainname(name: &str) -> Result<()> {
    let result = rustix::system::setdomainname(name.as_bytes());
    done("setdomainname", &[quote(name), name.len().to_string()], name, result)
}

/// `setresuid(uid, uid, uid)`.
pub fn setuid(uid: u32) -> Result<()> {
    let id = nix::unistd::Uid::from_raw(uid);
    let result = nix::unistd::setresuid(id, id, id);
    done("setresuid", &[uid.to_string(), uid.to_string(), uid.to_string()], uid, result)
}

/// `setresgid(gid, gid, gid)`.
pub fn setgid(gid: u32) -> Result<()> {
    let id = nix::unistd::Gid::from_raw(gid);
    let result = nix::unistd::setresgid(id, id, id);
    done("setresgid", &[gid.to_string(), gid.to_string(), gid.to_string()], gid, result)
}

/// `setgroups(0, NULL)`: gives up all supplementary groups.
pub fn clear_groups() -> Result<()> {
    let result = nix::unistd::setgroups(&[]);
    done("setgroups", &["0".to_owned(), "[]".to_owned()], "", result)
}

/// Which form of the sets is meant (`linux/capability.h`).
const _LINUX_CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// `capset(2)`: gives up capabilities from the effective, permitted and inheritable sets.
pub fn drop_capabilities(which: CapabilitySet) -> Result<()> {
    let held = rustix::thread::capabilities(None).map_err(|e| Error::new("capget", "", e))?;
    let kept = CapabilitySets {
        effective: held.effective - which,
        permitted: held.permitted - which,
        inheritable: held.inheritable - which,
    };
    let result = rustix::thread::set_capabilities(None, kept);
    let [effective, permitted, inheritable] = [kept.effective, kept.permitted, kept.inheritable];
    let sets = structure::capability_triple(effective.bits(), permitted.bits(), inheritable.bits());
    done("capset", &[structure::capability_version(_LINUX_CAPABILITY_VERSION_3, 0), sets], "", result)
}

/// Becomes an ordinary process, whatever its user id is: with no more capabilities than these, and a program that it starts gets none for being root's
/// (`capabilities(7)`). A new user namespace gives them all, as it does to everybody.
///
/// # Errors
/// The kernel's error.
pub fn give_up_root(keep: CapabilitySet) -> Result<()> {
    let bits = CapabilitiesSecureBits::NO_ROOT | CapabilitiesSecureBits::NO_ROOT_LOCKED;
    rustix::thread::set_capabilities_secure_bits(bits)
        .map_err(|e| Error::new("prctl PR_SET_SECUREBITS", "", e))?;
    let kept = CapabilitySets { effective: keep, permitted: keep, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, kept).map_err(|e| Error::new("capset", "", e))
}

/// Lets the programs that it starts keep its capabilities, also where none of its ids is root's.
///
/// # Errors
/// The kernel's error.
pub fn pass_capabilities_on() -> Result<()> {
    let held = rustix::thread::capabilities(None).map_err(|e| Error::new("capget", "", e))?;
    let sets = CapabilitySets { inheritable: held.permitted, ..held };
    rustix::thread::set_capabilities(None, sets).map_err(|e| Error::new("capset", "", e))?;
    for capability in held.permitted.iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true)
            .map_err(|e| Error::new("prctl PR_CAP_AMBIENT_RAISE", "", e))?;
    }
    Ok(())
}
