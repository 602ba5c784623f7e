//! One reader for each kind of readout.

use super::at::{At, Viewpoint};
use super::cgroup::Names;
use super::{View, file, mountinfo, namespace, net, process, text};
use crate::model::{Fact, Process, Reading, Row, Unit, Value};
use crate::vocabulary::Reader;
use crate::vocabulary::control::Knob;
use crate::vocabulary::readout::{IdKind, NsOf};
use std::io;
use std::path::{Path, PathBuf};

/// A server answers within this time or not at all: 2 s.
const TCP_PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);
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
        Reader::Hostname => "/proc/sys/kernel/hostname".into(),
        Reader::Domainname => "/proc/sys/kernel/domainname".into(),
        Reader::KernelRelease => "/proc/sys/kernel/osrelease".into(),
        Reader::Pid => "getpid()".into(),
        Reader::Ppid => "getppid()".into(),
        Reader::Processes => "/proc".into(),
        Reader::Interfaces => "netlink RTM_GETLINK, RTM_GETADDR".into(),
        Reader::Routes => "netlink RTM_GETROUTE".into(),
        Reader::Neighbours => "netlink RTM_GETNEIGH".into(),
        Reader::Namespace(NsOf::Own(ns)) => format!("/proc/self/ns/{}", ns.link()),
        Reader::Namespace(NsOf::Of(ns, of)) => format!("{}/ns/{}", dir(Some(of)), ns.link()),
        Reader::Pids(of) => format!("{}/status NSpid", dir(Some(of))),
        Reader::State(of) => format!("{}/stat", dir(Some(of))),
        Reader::Rss(of) => format!("{}/status VmRSS", dir(Some(of))),
        Reader::Announced(of) => format!("said by {of}"),
        Reader::Output(of) => format!("printed in {of}"),
        Reader::ExitStatus(of) => format!("end of a program in {of}"),
        Reader::Mounts(m) => format!("{}/mountinfo", dir(m.of.as_ref())),
        Reader::Link(p) | Reader::Listing(p) | Reader::Tree(p) => path(p),
        Reader::File(f) => match &f.of {
            None => path(&f.path),
            Some(of) => format!("{}/root{}", dir(Some(of)), f.path),
        },
        Reader::Inode(p) => format!("stat {} inode", path(p)),
        Reader::Device(p) => format!("stat {} device", path(p)),
        Reader::Owner(p) => format!("stat {} owner", path(p)),
        Reader::Status(s) => format!("{}/status {}", dir(s.of.as_ref()), s.field),
        Reader::IdMap(m) => format!("{}/{}", dir(m.of.as_ref()), id_map_file(m.kind)),
        Reader::LinkField(f) => format!("netlink RTM_GETLINK {f}"),
        Reader::TcpAnswer(a) => format!("connect {a}"),
        Reader::Meminfo(field) => format!("/proc/meminfo {field}"),
        Reader::Knob(k) => {
            let files = view.groups.get(&k.cgroup).and_then(|group| group.knob(&k.knob));
            files.map_or_else(|| k.to_string(), |files| files.shown())
        }
        Reader::CpuShare(of) => match view.groups.get(of).and_then(|g| g.knob(&Knob::cpu_time())) {
            Some(knob) => knob.shown(),
            None => format!("{}/stat utime+stime", dir(Some(of))),
        },
    }
}

/// Who is who, by number.
fn names(view: &View) -> Names {
    view.pids.iter().map(|(name, pid)| (*pid, name.clone())).collect()
}

fn id_map_file(kind: IdKind) -> &'static str {
    match kind {
        IdKind::Uid => "uid_map",
        IdKind::Gid => "gid_map",
    }
}

/// Reads as a box does. What is about a box or workload that does not live gives [`Reading::Gone`].
pub fn read(reader: &Reader, view: &View) -> Reading {
    read_as(Viewpoint::Box, reader, view)
}

/// Reads as the host does, likewise.
pub fn read_as_host(reader: &Reader, view: &View) -> Reading {
    read_as(Viewpoint::Host, reader, view)
}

fn read_as(who: Viewpoint, reader: &Reader, view: &View) -> Reading {
    let of = match reader {
        Reader::Namespace(NsOf::Of(_, of)) | Reader::Pids(of) | Reader::Rss(of) => Some(of),
        Reader::Mounts(m) => m.of.as_ref(),
        Reader::File(f) => f.of.as_ref(),
        Reader::Status(s) => s.of.as_ref(),
        Reader::IdMap(m) => m.of.as_ref(),
        _ => None,
    };
    if of.is_some() && process_dir(of, view).is_none() {
        return Reading::Gone;
    }
    let what = place(reader, view);
    match reader {
        Reader::State(of) => state(of, view, &what),
        Reader::Announced(of) => match view.announced.get(of) {
            Some(bytes) => Reading::Fact(Fact::of(Value::Quantity(*bytes as f64, Unit::Bytes))),
            None => Reading::Gone,
        },
        Reader::Output(of) => view.output.get(of).map_or(Reading::Gone, |t| Reading::Fact(Fact::text(t))),
        Reader::ExitStatus(of) => match view.exit_statuses.get(of) {
            Some(Process::Exited(status)) => Reading::Fact(Fact::of(Value::Int(i64::from(*status)))),
            Some(other) => Reading::Fact(Fact::of(Value::Process(other.clone()))),
            None => Reading::Gone,
        },
        Reader::CpuShare(_) => Reading::NotMeasured,
        Reader::Knob(k) => match view.groups.get(&k.cgroup) {
            Some(group) => group.read(&k.knob, Path::new(PROC), &names(view)),
            None => Reading::NotMeasured,
        },
        _ => match read_kernel(who, reader, view) {
            Err(e) if text::is_absent(&e) => Reading::NotMeasured,
            result => Reading::from_io(&format!("read {what}"), result),
        },
    }
}

fn state(of: &str, view: &View, what: &str) -> Reading {
    if let Some(end) = view.ended.get(of) {
        return Reading::Fact(Fact::of(Value::Process(end.clone())));
    }
    match view.pids.get(of) {
        None => Reading::Gone,
        Some(pid) => Reading::from_io(
            &format!("read {what}"),
            process::state(Path::new(PROC), *pid).map(|p| Fact::of(Value::Process(p))),
        ),
    }
}

fn line(path: &str) -> io::Result<Fact> {
    let raw = text::read(Path::new(path))?;
    Ok(Fact { value: Value::Text(raw.trim_end_matches('\n').to_owned()), raw })
}

/// `5240 kB`. Anything else stays the text that it is.
fn kibibytes(text: &str) -> Fact {
    let mut words = text.split_ascii_whitespace();
    let number = words.next().and_then(|n| n.parse::<f64>().ok()).filter(|_| words.next() == Some("kB"));
    let value =
        number.map_or_else(|| Value::Text(text.to_owned()), |n| Value::Quantity(n * 1024.0, Unit::Bytes));
    Fact { raw: text.to_owned(), value }
}

fn read_kernel(who: Viewpoint, reader: &Reader, view: &View) -> io::Result<Fact> {
    // `read` has made sure that the process lives.
    let dir = |of: Option<&String>| process_dir(of, view).unwrap_or_else(|| PathBuf::from("/proc/self"));
    let at = |path: &str| At::of(path, false, view, who);
    match reader {
        Reader::Hostname => line("/proc/sys/kernel/hostname"),
        Reader::Domainname => line("/proc/sys/kernel/domainname"),
        Reader::KernelRelease => line("/proc/sys/kernel/osrelease"),
        Reader::Pid => Ok(Fact::of(Value::Int(i64::from(std::process::id())))),
        Reader::Ppid => Ok(Fact::of(Value::Int(i64::from(std::os::unix::process::parent_id())))),
        Reader::Processes => process::list(Path::new(PROC)).map(|rows| Fact::of(Value::Table(rows))),
        Reader::Namespace(NsOf::Own(ns)) => namespace::link(&dir(None), ns.link()).map(Fact::text),
        Reader::Namespace(NsOf::Of(ns, of)) => namespace::link(&dir(Some(of)), ns.link()).map(Fact::text),
        Reader::Pids(of) => {
            let raw = process::status_field(&dir(Some(of)), "NSpid")?;
            let rows = raw.split_ascii_whitespace().map(|n| Row::new([("pid", n.to_owned())])).collect();
            Ok(Fact { raw, value: Value::Table(rows) })
        }
        Reader::Rss(of) => process::status_field(&dir(Some(of)), "VmRSS").map(|text| kibibytes(&text)),
        Reader::Mounts(m) => mounts(&dir(m.of.as_ref()), &m.below, view),
        Reader::Link(p) => file::link(&at(p)?),
        Reader::File(f) => {
            let place = match &f.of {
                None => at(&f.path)?,
                Some(_) => At::InRoot {
                    process: dir(f.of.as_ref()),
                    path: Path::new("/").join(&f.path),
                    as_process: who == Viewpoint::Host,
                },
            };
            file::text(&place).map(Fact::text)
        }
        Reader::Listing(p) => file::listing(&at(p)?),
        Reader::Tree(p) => file::tree(&At::of(p, true, view, who)?),
        Reader::Inode(p) => file::inode(&at(p)?),
        Reader::Device(p) => file::device(&at(p)?),
        Reader::Owner(p) => file::owner(&at(p)?),
        Reader::Status(s) => {
            let raw = process::status_field(&dir(s.of.as_ref()), &s.field)?;
            // The kernel sets columns apart with tabs; a lesson writes blanks.
            let text = raw.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            Ok(Fact { value: Value::Text(text), raw })
        }
        Reader::IdMap(m) => {
            let raw = text::read(&dir(m.of.as_ref()).join(id_map_file(m.kind)))?;
            let row = |l: &str| {
                let mut f = l.split_ascii_whitespace().map(str::to_owned);
                Some(Row::new([("inside", f.next()?), ("outside", f.next()?), ("count", f.next()?)]))
            };
            Ok(Fact { value: Value::Table(raw.lines().filter_map(row).collect()), raw })
        }
        Reader::Meminfo(field) => {
            let text = text::read(Path::new("/proc/meminfo"))?;
            let found = text.lines().find_map(|l| l.strip_prefix(field.as_str())?.strip_prefix(':'));
            found.map(|text| kibibytes(text.trim())).ok_or_else(text::absent)
        }
        Reader::Interfaces => net::interfaces(),
        Reader::Routes => net::routes(),
        Reader::Neighbours => net::neighbours(),
        Reader::LinkField(path) => {
            let (name, field) = path.split_once('/').ok_or(io::ErrorKind::InvalidInput)?;
            net::link_field(name, field)
        }
        Reader::TcpAnswer(address) => {
            net::tcp_answer(address.parse().map_err(|_| io::ErrorKind::InvalidInput)?, TCP_PATIENCE)
        }
        // These are not files of the kernel's and were read in `read`.
        Reader::State(_)
        | Reader::Announced(_)
        | Reader::Output(_)
        | Reader::ExitStatus(_)
        | Reader::CpuShare(_)
        | Reader::Knob(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Mounts at and below a path. Ids and peer group numbers differ between copies of one table, so they are not part of the rows.
fn mounts(process: &Path, below: &str, view: &View) -> io::Result<Fact> {
    let raw = text::read(&process.join("mountinfo"))?;
    let below = view.resolve(below);
    let found: Vec<mountinfo::Mount> =
        mountinfo::parse(&raw).into_iter().filter(|m| m.at.starts_with(&below)).collect();
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
    Ok(Fact { raw, value: Value::Table(rows) })
}

/// Whether a reading says that a process lives.
pub fn lives(reading: &Reading) -> bool {
    matches!(reading, Reading::Fact(Fact { value: Value::Process(Process::Alive(_)), .. }))
}
