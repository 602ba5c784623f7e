//! The executor: one arm a verb. The guard is asked first, always.

use super::cgroup::{directories, setting};
use super::guard::Guard;
use super::place::Around;
use super::scene::Scene;
use crate::kernel::{
    self, Error, cgroup, file, identity, link, marker, mount, namespace, ping, process, socket,
};
use crate::model::Errno;
use crate::probe::cgroup::present_number;
use crate::vocabulary::action::{IdMap, Mount, OWN_ID, Propagation, Remount, Verb};
use crate::vocabulary::control::CgroupKnob;
use crate::vocabulary::{Capability, Ns, Val, limits};
use nix::mount::MsFlags;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why an action was not made, or failed.
#[derive(Debug)]
pub enum Failure {
    /// The kernel said no.
    Kernel(Error),
    /// The guard said no, or the action makes no sense here.
    Refused(String),
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Failure::Kernel(e)
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::Refused(why.into())
}

/// What a box keeps between actions.
pub struct Kept {
    /// The directory of the host's procfs, opened at birth.
    pub proc: OwnedFd,
    /// Namespaces held open: by type and box.
    pub held: BTreeMap<(Ns, String), OwnedFd>,
    /// Listening sockets.
    pub sockets: Vec<OwnedFd>,
    /// User and group id right before the box made its user namespace: inside, until a map is written, nobody can tell them.
    pub outside: Option<(u32, u32)>,
    /// Whose the filesystems and directories around it are.
    pub around: Around,
}

impl Kept {
    /// The guard of the box that keeps this.
    pub fn guard<'a>(&'a self, scene: &'a Scene) -> Guard<'a> {
        Guard::new(self.proc.as_fd(), scene, &self.around)
    }
}

/// The caller's user and group id when these types include a user namespace: asked before it is made.
pub fn ids_before(types: &[Ns]) -> Option<(u32, u32)> {
    let ids = || (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    types.contains(&Ns::User).then(ids)
}

/// A connection is made within this time or not at all: 2 s.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// The flags for namespace types that can be made anew.
///
/// # Errors
/// For `pid_for_children` and `time_for_children`, which are views and no types.
pub fn clone_flags(types: &[Ns]) -> Result<nix::sched::CloneFlags, Failure> {
    types.iter().try_fold(nix::sched::CloneFlags::empty(), |flags, ns| match ns {
        Ns::PidForChildren | Ns::TimeForChildren => Err(refused(format!("{} cannot be made", ns.link()))),
        other => Ok(flags | other.flag()),
    })
}

/// The flags for the namespace types that `clone(2)` makes for a child.
///
/// # Errors
/// As [`clone_flags`]; also for `time`, whose flag `clone(2)` takes for a signal.
pub fn fork_flags(types: &[Ns]) -> Result<nix::sched::CloneFlags, Failure> {
    if types.contains(&Ns::Time) {
        return Err(refused(
            "clone(2) cannot make a time namespace: unshare time, write the offsets, then fork",
        ));
    }
    clone_flags(types)
}

/// Makes one action, and sets the mark at which its calls begin; the caller sets the one at which they end. What is looked up first, such as
/// a process's number in the caller's PID namespace, is no part of the action. Verbs that duplicate or end the process (`fork`, `start`, `exit`) are the
/// box's loop's.
///
/// # Errors
/// What the guard or the kernel says.
#[allow(clippy::too_many_lines)] // One arm a verb: the list is the point.
pub fn execute(verb: &Verb, scene: &Scene, kept: &mut Kept) -> Result<Option<String>, Failure> {
    let around = kept.around.clone();
    let guard = Guard::new(kept.proc.as_fd(), scene, &around);
    let at = |p: &str| scene.view.resolve(p);
    let pid_of = |name: &str| {
        scene.view.pids.get(name).copied().ok_or_else(|| refused(format!("{name} is not running")))
    };
    if !matches!(verb, Verb::Kill(_) | Verb::Set(_)) {
        marker::begin();
    }
    match verb {
        Verb::Unshare(types) => {
            kept.outside = ids_before(&types.0).or(kept.outside);
            namespace::unshare(clone_flags(&types.0)?)?;
        }
        Verb::Setns(one) => {
            let ns = namespace_type(&one.0)?;
            let pid = scene.view.pids.get(&one.1);
            let shown =
                pid.map_or(format!("{} of {}", ns.link(), one.1), |p| format!("/proc/{p}/ns/{}", ns.link()));
            if let Some(fd) = kept.held.get(&(ns, one.1.clone())) {
                namespace::setns(fd, &shown, ns)?;
            } else {
                let fd = guard.open_namespace(pid_of(&one.1)?, ns.link())?;
                namespace::setns(fd, &shown, ns)?;
            }
        }
        Verb::Hold(one) => {
            let ns = namespace_type(&one.0)?;
            let fd = guard.open_namespace(pid_of(&one.1)?, ns.link())?;
            kept.held.insert((ns, one.1.clone()), fd);
        }
        Verb::Kill(one) => {
            let depth = guard.own_numbers().len();
            let numbers = guard.numbers_of(pid_of(&one.0)?);
            let number = depth.checked_sub(1).and_then(|d| numbers.get(d));
            let Some(number) = number else {
                return Err(Error::new("kill", &one.0, Errno(libc::ESRCH)).into());
            };
            marker::begin();
            process::kill(*number, one.1.number())?;
        }
        Verb::Affinity(cpus) => process::set_affinity(&cpus.0)?,

        Verb::Sethostname(name) => identity::sethostname(name)?,
        Verb::Setdomainname(name) => identity::setdomainname(name)?,
        Verb::UidMap(m) => {
            let map = id_map(m, kept.outside.map(|o| o.0))?;
            file::set(&proc_file(m.of.as_deref(), "uid_map", scene)?, &map)?;
        }
        Verb::GidMap(m) => {
            let map = id_map(m, kept.outside.map(|o| o.1))?;
            file::set(&proc_file(m.of.as_deref(), "gid_map", scene)?, &map)?;
        }
        Verb::Setgroups(word) => file::set(Path::new("/proc/self/setgroups"), word)?,
        Verb::Setuid(id) => {
            identity::setuid(*id)?;
            process::stay_readable();
        }
        Verb::Setgid(id) => {
            identity::setgid(*id)?;
            process::stay_readable();
        }
        Verb::DropCapabilities(names) => {
            let set = Capability::set_of(&names.0).ok_or_else(|| refused("unknown capability"))?;
            identity::drop_capabilities(set)?;
        }

        Verb::Mount(m) => mount_one(m, &at)?,
        Verb::Remount(r) => {
            let (path, read_only) = match r {
                Remount::ReadOnly(p) => (p, true),
                Remount::ReadWrite(p) => (p, false),
            };
            mount::remount_read_only(&at(path), read_only)?;
        }
        Verb::Propagation(p) => {
            let flag = match p {
                Propagation::Shared(_) => MsFlags::MS_SHARED,
                Propagation::Slave(_) => MsFlags::MS_SLAVE,
                Propagation::Private(_) => MsFlags::MS_PRIVATE,
                Propagation::Unbindable(_) => MsFlags::MS_UNBINDABLE,
            };
            mount::mount(None, &at(p.parts().1), None, MsFlags::MS_REC | flag, None)?;
        }
        Verb::Umount(u) => mount::umount(&at(&u.at), u.detach.unwrap_or(false))?,
        Verb::Chroot(p) => mount::chroot(&at(p))?,
        Verb::Chdir(p) => mount::chdir(&at(p))?,
        Verb::PivotRoot(p) => mount::pivot_root(&at(&p.new), &at(&p.old))?,

        Verb::Mkdir(paths) => paths.0.iter().try_for_each(|p| file::mkdir(&at(p), 0o755))?,
        Verb::Write(files) => files.iter().try_for_each(|(p, text)| file::write(&at(p), text))?,
        Verb::Append(files) => files.iter().try_for_each(|(p, text)| file::append(&at(p), text))?,
        Verb::Remove(p) => file::remove(&at(p))?,
        Verb::Rename(pair) => file::rename(&at(&pair.0), &at(&pair.1))?,
        Verb::Chmod(pair) => {
            let mode = u32::from_str_radix(&pair.1, 8).map_err(|_| refused("the mode is not octal"))?;
            file::chmod(&at(&pair.0), mode)?;
        }
        Verb::Chown(pair) => {
            let ids = pair.1.split_once(':').and_then(|(u, g)| Some((u.parse().ok()?, g.parse().ok()?)));
            let (uid, gid) = ids.ok_or_else(|| refused("the owner is not UID:GID"))?;
            file::chown(&at(&pair.0), uid, gid)?;
        }
        Verb::Mknod(pair) => {
            let mut words = pair.1.split(' ').skip(1).map(str::parse::<u32>);
            let (Some(Ok(major)), Some(Ok(minor))) = (words.next(), words.next()) else {
                return Err(refused("the device is not `c MAJOR MINOR`"));
            };
            file::mknod_char(&at(&pair.0), 0o644, major, minor)?;
        }
        Verb::Open(p) => drop(file::open(&at(p), rustix::fs::OFlags::RDONLY, 0)?),
        Verb::LinkUp(name) => link::set_up(name)?,
        Verb::LinkDown(name) => link::set_down(name)?,
        Verb::Veth(v) => {
            let netns = guard.open_namespace(pid_of(&v.peer.0)?, "net")?;
            link::veth(&v.name, &v.peer.1, netns.as_fd())?;
        }
        Verb::Address(one) => {
            let parts = one.1.split_once('/').and_then(|(a, p)| Some((a.parse().ok()?, p.parse().ok()?)));
            let (address, prefix) = parts.ok_or_else(|| refused("the address is not ADDRESS/PREFIX"))?;
            link::add_address(&one.0, address, prefix)?;
        }
        Verb::Route(one) => {
            let to = match one.0.as_str() {
                "default" => None,
                net => {
                    let parts =
                        net.split_once('/').and_then(|(a, p)| Some((a.parse().ok()?, p.parse().ok()?)));
                    Some(parts.ok_or_else(|| refused("the destination is not ADDRESS/PREFIX"))?)
                }
            };
            let gateway = one.1.parse().map_err(|_| refused("the gateway is not an address"))?;
            link::add_route(to, gateway)?;
        }
        Verb::Ping(p) => {
            let to = p.to.parse().map_err(|_| refused("no address to ping"))?;
            let wait = p.wait.as_ref().and_then(Val::duration).unwrap_or(Duration::from_secs(1));
            let report = ping::ping(to, p.count.unwrap_or(1), wait)?;
            return Ok(Some(report.to_string()));
        }
        Verb::Listen(port) => kept.sockets.push(socket::listen(*port)?),
        Verb::Connect(to) => socket::connect(socket_address(to)?, CONNECT_PATIENCE)?,
        Verb::Send(send) => socket::send_datagram(socket_address(&send.to)?, &send.text)?,

        Verb::CreateCgroup(name) => cgroup::apply(&directories::create(group(scene, name)?))?,
        Verb::RemoveCgroup(name) => cgroup::remove(&group(scene, name)?.directories())?,
        Verb::KillCgroup(name) => cgroup::kill(&group(scene, name)?.directories())?,
        Verb::Set(one) => {
            let of: CgroupKnob = one.0.parse().map_err(Failure::Refused)?;
            let group = group(scene, &of.cgroup)?;
            // A member is named by its id; the file takes its number.
            let mut value = one.1.clone();
            if let Val::Text(name) = &value.value
                && let Some(pid) = scene.view.pids.get(name)
            {
                value.value = Val::Num(i64::from(*pid));
            }
            let changes =
                setting::changes(group, &of.knob, &value, &present_number).map_err(Failure::Refused)?;
            marker::begin();
            cgroup::apply(&changes)?;
        }
        // These duplicate or end the process, which is up to the box's loop; a program is started by a helper beside the box.
        Verb::Fork(_) | Verb::Start(_) | Verb::Exit(_) | Verb::Wait | Verb::Stop(_) | Verb::Run(_) => {
            return Err(refused("not an action of the executor"));
        }
    }
    Ok(None)
}

fn socket_address(text: &str) -> Result<std::net::SocketAddrV4, Failure> {
    text.parse().map_err(|_| refused(format!("`{text}` is not ADDRESS:PORT")))
}

fn group<'a>(scene: &'a Scene, name: &str) -> Result<&'a crate::probe::cgroup::Group, Failure> {
    scene.view.groups.get(name).ok_or_else(|| refused(format!("no cgroup {name}")))
}

fn namespace_type(name: &str) -> Result<Ns, Failure> {
    Ns::named(name).ok_or_else(|| refused(format!("`{name}` is not a namespace type")))
}

/// The text of a map, [`OWN_ID`] replaced by the writer's id.
fn id_map(map: &IdMap, own: Option<u32>) -> Result<String, Failure> {
    let words = |line: &str| {
        let put = |word: &str| match (word, own) {
            (OWN_ID, Some(id)) => Ok(id.to_string()),
            (OWN_ID, None) => Err(refused("`own`: this box has made no user namespace")),
            (word, _) => Ok(word.to_owned()),
        };
        Ok(line.split(' ').map(put).collect::<Result<Vec<_>, Failure>>()?.join(" "))
    };
    Ok(map.map.split('\n').map(words).collect::<Result<Vec<_>, Failure>>()?.join("\n"))
}

fn proc_file(of: Option<&str>, name: &str, scene: &Scene) -> Result<PathBuf, Failure> {
    match of {
        None => Ok(Path::new("/proc/self").join(name)),
        Some(of) => match scene.view.pids.get(of) {
            Some(pid) => Ok(PathBuf::from(format!("/proc/{pid}/{name}"))),
            None => Err(refused(format!("{of} is not running"))),
        },
    }
}

fn mount_one(what: &Mount, at: &dyn Fn(&str) -> PathBuf) -> kernel::Result<()> {
    // Runtimes mount these three so: no set-uid, no devices, no programs.
    let strict = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    match what {
        Mount::Tmpfs(t) => {
            let size = t.size.as_ref().and_then(crate::vocabulary::Val::number);
            let data = format!("size={},mode=755", limits::tmpfs(size));
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
            mount::mount(Some("tmpfs"), &at(&t.at), Some("tmpfs"), flags, Some(&data))
        }
        Mount::Proc(p) => mount::mount(Some("proc"), &at(p), Some("proc"), strict, None),
        Mount::Sysfs(p) => mount::mount(Some("sysfs"), &at(p), Some("sysfs"), strict, None),
        Mount::Cgroup2(p) => mount::mount(Some("cgroup2"), &at(p), Some("cgroup2"), strict, None),
        Mount::Mqueue(p) => mount::mount(Some("mqueue"), &at(p), Some("mqueue"), strict, None),
        Mount::Bind(b) => {
            let mut flags = MsFlags::MS_BIND;
            flags.set(MsFlags::MS_REC, b.recursive);
            let (from, target) = (at(&b.from), at(&b.at));
            mount::mount(Some(&from.to_string_lossy()), &target, None, flags, None)?;
            // With MS_BIND the kernel ignores every flag but MS_REC (mount(2)), and a remount changes only one mount of a tree.
            match (b.read_only, b.recursive) {
                (false, _) => Ok(()),
                (true, false) => mount::remount_read_only(&target, true),
                (true, true) => mount::set_read_only(&target, true, true),
            }
        }
        Mount::Overlay(o) => {
            let lower: Vec<String> = o.lower.0.iter().map(|p| at(p).display().to_string()).collect();
            let mut data = format!("lowerdir={}", lower.join(":"));
            if let Some(upper) = &o.upper {
                data.extend([",upperdir=", &at(upper).to_string_lossy()]);
            }
            if let Some(work) = &o.work {
                data.extend([",workdir=", &at(work).to_string_lossy()]);
            }
            // In a user namespace overlayfs may write `user.overlay.*` attributes only (kernel 5.11).
            data += ",userxattr";
            mount::mount(Some("overlay"), &at(&o.at), Some("overlay"), MsFlags::empty(), Some(&data))
        }
    }
}
