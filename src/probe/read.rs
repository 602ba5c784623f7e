//! The reading of every reader of the vocabulary, and where each is read from.
#![deny(clippy::wildcard_enum_match_arm)]

use super::at::{At, Viewpoint};
use super::cgroup::{Group, KnobFiles, Names};
use super::{View, answer, bridge, clock, file, ipc, mountinfo, namespace, nat, net, process, text};
use crate::model::{Fact, Process, Reading, Row, Unit, Value};
use crate::vocabulary::Reader;
use crate::vocabulary::control::Knob;
use crate::vocabulary::reader::{NsOf, Readable, Role};
use crate::vocabulary::value::SocketName;
use std::io;
use std::path::{Path, PathBuf};

/// A server answers within this time or not at all: 2 s.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
/// Where the reader's own procfs is mounted.
const PROC: &str = "/proc";

/// `/proc/PID` of somebody in the run, or of the reader itself; nothing when that box or workload does not live.
fn process_dir(of: Option<&String>, view: &View) -> Option<PathBuf> {
    match of {
        None => Some(Path::new(PROC).join("self")),
        Some(name) => view.pids.get(name).map(|pid| Path::new(PROC).join(pid.to_string())),
    }
}

/// The real path, or the call, that a readout is read from.
pub fn place(reader: &Reader, view: &View) -> String {
    let dir = |of: Option<&String>| match (process_dir(of, view), of) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(name)) => format!("/proc/<{name}>"),
        (None, None) => "/proc/self".to_owned(),
    };
    let path = |p: &str| view.resolve(p).display().to_string();
    match reader {
        Reader::Hostname
        | Reader::Domainname
        | Reader::Clock(_)
        | Reader::TimensOffsets
        | Reader::Cpus
        | Reader::Sysinfo(_)
        | Reader::KernelRelease
        | Reader::Pid
        | Reader::Ppid
        | Reader::Sysvipc(_)
        | Reader::Namespace(NsOf::Own(_)) => reader.words(),
        Reader::Processes => "/proc".into(),
        Reader::Interfaces => "netlink RTM_GETLINK, RTM_GETADDR".into(),
        Reader::Routes => "netlink RTM_GETROUTE".into(),
        Reader::Neighbours => "netlink RTM_GETNEIGH".into(),
        Reader::BridgePorts => "netlink RTM_GETLINK".into(),
        Reader::Forwarding => "netlink RTM_GETNEIGH AF_BRIDGE".into(),
        Reader::NftRules => "netlink NFT_MSG_GETRULE".into(),
        Reader::Conntrack => "netlink IPCTNL_MSG_CT_GET".into(),
        Reader::Namespace(NsOf::Of(ns, of)) => format!("{}/ns/{}", dir(Some(of)), ns.link()),
        Reader::Pids(of) => format!("{}/status NSpid", dir(Some(&of.0))),
        Reader::State(of) => format!("{}/stat", dir(Some(&of.0))),
        Reader::Rss(of) => format!("{}/status VmRSS", dir(Some(&of.0))),
        Reader::Announced(of) => format!("said by {}", of.0),
        Reader::Forks(of) => format!("said by {}", of.workload),
        Reader::Output(of) => format!("printed in {}", of.0),
        Reader::ExitStatus(of) => format!("end of a program in {}", of.0),
        Reader::Mounts(m) => format!("{}/mountinfo", dir(m.of.as_ref())),
        Reader::Link(p) => path(&p.0),
        Reader::Listing(p) => path(&p.0),
        Reader::Tree(p) => path(&p.0),
        Reader::File(f) => match &f.of {
            None => path(&f.path),
            Some(of) => format!("{}/root{}", dir(Some(of)), f.path),
        },
        Reader::Inode(p) => format!("stat {} inode", path(&p.0)),
        Reader::Device(p) => format!("stat {} device", path(&p.0)),
        Reader::Owner(p) => format!("stat {} owner", path(&p.0)),
        Reader::Status(s) => format!("{}/status {}", dir(s.of.as_ref()), s.field),
        Reader::IdMap(m) => format!("{}/{}", dir(m.of.as_ref()), m.kind.file()),
        Reader::LinkField(f) => format!("netlink RTM_GETLINK {f}"),
        Reader::Frames(f) => format!("AF_PACKET {}", f.interface),
        Reader::TcpAnswer(a) => format!("connect {a}"),
        Reader::UnixAnswer(at) => match &at.0 {
            name @ SocketName::Abstract(_) => format!("connect {name}"),
            SocketName::Path(p) => format!("connect {}", path(p)),
        },
        Reader::Meminfo(field) => format!("/proc/meminfo {field}"),
        Reader::Knob(k) => {
            let files = view.groups.get(&k.0.cgroup).and_then(|group| group.knob(&k.0.knob));
            files.as_ref().map_or_else(|| k.0.to_string(), KnobFiles::place)
        }
        Reader::CpuShare(of) => match view.groups.get(&of.0).and_then(|g| g.knob(&Knob::cpu_time())) {
            Some(knob) => knob.shown(),
            None => format!("{}/stat utime+stime", dir(Some(&of.0))),
        },
    }
}

/// Who is who, by number.
fn names(view: &View) -> Names {
    view.pids.iter().map(|(name, pid)| (*pid, name.clone())).collect()
}

/// Reads as a box does. What is about a box or workload that does not live gives [`Reading::Gone`].
pub fn read(reader: &Reader, view: &View) -> Reading {
    read_as(Viewpoint::Box, reader, view)
}

/// Reads as the host does, likewise.
pub fn read_as_host(reader: &Reader, view: &View) -> Reading {
    read_as(Viewpoint::Host, reader, view)
}

/// The process that a reading is of, if it can only be read while that process lives.
fn must_live(reader: &Reader) -> Option<&str> {
    let about = reader.facts().about.filter(|about| about.readable == Readable::WhilePresent)?;
    match about.role {
        Role::Box | Role::Workload | Role::Process => Some(about.id),
        Role::Cgroup | Role::CgroupOrWorkload => None,
    }
}

fn read_as(who: Viewpoint, reader: &Reader, view: &View) -> Reading {
    if must_live(reader).is_some_and(|of| !view.pids.contains_key(of)) {
        return Reading::Gone;
    }
    // `must_live` has made sure that the process lives.
    let dir = |of: Option<&String>| process_dir(of, view).unwrap_or_else(|| PathBuf::from("/proc/self"));
    let at = |path: &str| At::of(path, false, view, who);
    let kept = |fact: Option<Fact>| fact.map_or(Reading::Gone, Reading::Fact);
    let read = match reader {
        Reader::State(of) => match (view.ended.get(&of.0), view.pids.get(&of.0)) {
            (Some(end), _) => return Reading::Fact(Fact::of(Value::Process(end.clone()))),
            (None, None) => return Reading::Gone,
            (None, Some(pid)) => {
                process::state(Path::new(PROC), *pid).map(|state| Fact::of(Value::Process(state)))
            }
        },
        Reader::Announced(of) => {
            let bytes = view.announced.get(&of.0);
            return kept(bytes.map(|bytes| Fact::of(Value::Quantity(*bytes as f64, Unit::Bytes))));
        }
        Reader::Forks(of) => {
            let forked = view.forked.get(&of.workload);
            return kept(forked.map(|(made, failed)| {
                Fact::of(Value::Int(i64::from(if of.failed { *failed } else { *made })))
            }));
        }
        Reader::Output(of) => return kept(view.output.get(&of.0).map(Fact::text)),
        Reader::ExitStatus(of) => {
            return kept(view.exit_statuses.get(&of.0).map(|end| match end {
                Process::Exited(status) => Fact::of(Value::Int(i64::from(*status))),
                Process::KilledBy(_) | Process::Alive(_) | Process::Zombie | Process::Gone => {
                    Fact::of(Value::Process(end.clone()))
                }
            }));
        }
        // The engine measures the one over a window, a box reads the other from its capture.
        Reader::CpuShare(_) | Reader::Frames(_) => return Reading::NotMeasured,
        Reader::Knob(k) => {
            let group = view.groups.get(&k.0.cgroup);
            let read = |group: &Group| group.read(&k.0.knob, Path::new(PROC), &names(view));
            return group.map_or(Reading::NotMeasured, read);
        }
        Reader::Hostname => line("/proc/sys/kernel/hostname"),
        Reader::Domainname => line("/proc/sys/kernel/domainname"),
        Reader::KernelRelease => line("/proc/sys/kernel/osrelease"),
        Reader::Pid => Ok(Fact::of(Value::Int(i64::from(std::process::id())))),
        Reader::Ppid => Ok(Fact::of(Value::Int(i64::from(std::os::unix::process::parent_id())))),
        Reader::Processes => process::list(Path::new(PROC)).map(|rows| Fact::of(Value::Table(rows))),
        Reader::Namespace(NsOf::Own(ns)) => namespace::link(&dir(None), ns.link()).map(Fact::text),
        Reader::Namespace(NsOf::Of(ns, of)) => namespace::link(&dir(Some(of)), ns.link()).map(Fact::text),
        Reader::Pids(of) => process::status_field(&dir(Some(&of.0)), "NSpid").map(pids),
        Reader::Rss(of) => process::status_field(&dir(Some(&of.0)), "VmRSS").map(|text| kibibytes(&text)),
        Reader::Mounts(m) => {
            text::read(&dir(m.of.as_ref()).join("mountinfo")).map(|raw| mounts(&raw, &m.below, view))
        }
        Reader::Link(p) => at(&p.0).and_then(|at| file::link(&at)),
        Reader::File(f) => match &f.of {
            None => at(&f.path),
            Some(_) => Ok(At::InRoot {
                process: dir(f.of.as_ref()),
                path: Path::new("/").join(&f.path),
                as_process: who == Viewpoint::Host,
                uncovered: view.distrusts_mounts,
            }),
        }
        .and_then(|at| file::text(&at).map(Fact::text)),
        Reader::Listing(p) => at(&p.0).and_then(|at| file::listing(&at)),
        Reader::Tree(p) => At::of(&p.0, true, view, who).and_then(|at| file::tree(&at)),
        Reader::Inode(p) => at(&p.0).and_then(|at| file::inode(&at)),
        Reader::Device(p) => at(&p.0).and_then(|at| file::device(&at)),
        Reader::Owner(p) => at(&p.0).and_then(|at| file::owner(&at)),
        Reader::Status(s) => process::status_field(&dir(s.of.as_ref()), &s.field.0).map(status),
        Reader::IdMap(m) => text::read(&dir(m.of.as_ref()).join(m.kind.file())).map(id_map),
        Reader::Meminfo(field) => {
            text::read(Path::new("/proc/meminfo")).and_then(|text| meminfo(&text, &field.0))
        }
        Reader::Sysvipc(of) => text::read(Path::new(of.file())).and_then(|raw| ipc::table(raw, *of)),
        Reader::Clock(clock) => Ok(clock::time(*clock)),
        Reader::TimensOffsets => text::read(Path::new("/proc/self/timens_offsets")).map(clock::offsets),
        Reader::Cpus => clock::cpus(),
        Reader::Sysinfo(field) => Ok(clock::sysinfo(*field)),
        Reader::Interfaces => net::interfaces(),
        Reader::Routes => net::routes(),
        Reader::Neighbours => net::neighbours(),
        Reader::BridgePorts => bridge::ports(),
        Reader::Forwarding => bridge::forwarding(),
        Reader::NftRules => nat::rules(),
        Reader::Conntrack => nat::connections(),
        Reader::LinkField(field) => net::link_field(&field.interface, field.value),
        Reader::TcpAnswer(address) => answer::of_tcp(address.0, PATIENCE),
        Reader::UnixAnswer(at) => match &at.0 {
            SocketName::Abstract(name) => answer::of_name(name, PATIENCE),
            SocketName::Path(path) => answer::of_path(&view.resolve(path), PATIENCE),
        },
    };
    reading(reader, view, read)
}

/// What came of it; a field that this process or kernel lacks is not measured.
pub(super) fn reading(reader: &Reader, view: &View, read: io::Result<Fact>) -> Reading {
    match read {
        Err(e) if text::is_absent(&e) => Reading::NotMeasured,
        read => Reading::from_io(&format!("read {}", place(reader, view)), read),
    }
}

fn line(path: &str) -> io::Result<Fact> {
    let raw = text::read(Path::new(path))?;
    Ok(Fact { value: Value::Text(raw.trim_end_matches('\n').to_owned()), raw })
}

/// Rows `pid`.
pub(super) fn pids(raw: String) -> Fact {
    let rows = raw.split_ascii_whitespace().map(|n| Row::new([("pid", n.to_owned())])).collect();
    Fact { raw, value: Value::Table(rows) }
}

/// `5240 kB`. Anything else stays the text that it is.
pub(super) fn kibibytes(text: &str) -> Fact {
    let mut words = text.split_ascii_whitespace();
    let number = words.next().and_then(|n| n.parse::<f64>().ok()).filter(|_| words.next() == Some("kB"));
    let value =
        number.map_or_else(|| Value::Text(text.to_owned()), |n| Value::Quantity(n * 1024.0, Unit::Bytes));
    Fact { raw: text.to_owned(), value }
}

/// A field of the text of `/proc/meminfo`.
pub(super) fn meminfo(text: &str, field: &str) -> io::Result<Fact> {
    let found = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    found.map(|text| kibibytes(text.trim())).ok_or_else(text::absent)
}

/// A field of a status file. The kernel sets columns apart with tabs; a lesson writes blanks.
pub(super) fn status(raw: String) -> Fact {
    let text = raw.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    Fact { value: Value::Text(text), raw }
}

/// Rows `inside outside count` (`user_namespaces(7)`).
pub(super) fn id_map(raw: String) -> Fact {
    let row = |line: &str| {
        let mut fields = line.split_ascii_whitespace().map(str::to_owned);
        Some(Row::new([("inside", fields.next()?), ("outside", fields.next()?), ("count", fields.next()?)]))
    };
    Fact { value: Value::Table(raw.lines().filter_map(row).collect()), raw }
}

/// Mounts at and below a path. Ids and peer group numbers differ between copies of one table, so they are not part of the rows.
pub(super) fn mounts(raw: &str, below: &str, view: &View) -> Fact {
    let below = view.resolve(below);
    let found: Vec<mountinfo::Mount> =
        mountinfo::parse(raw).into_iter().filter(|m| m.at.starts_with(&below)).collect();
    let raw: String = raw
        .lines()
        .filter(|l| mountinfo::parse(l).first().is_some_and(|m| m.at.starts_with(&below)))
        .flat_map(|l| [l, "\n"])
        .collect();
    let rows = found
        .iter()
        .map(|m| {
            Row::new([
                ("at", view.shorten(&m.at)),
                ("type", m.fstype.clone()),
                ("propagation", m.propagation().to_owned()),
                // Words apart, so that a lesson can name one of them.
                ("options", m.options.replace(',', " ")),
            ])
        })
        .collect();
    Fact { raw, value: Value::Table(rows) }
}

/// Whether a reading says that a process lives.
pub fn lives(reading: &Reading) -> bool {
    matches!(reading, Reading::Fact(Fact { value: Value::Process(Process::Alive(_)), .. }))
}
