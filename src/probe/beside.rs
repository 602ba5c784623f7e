//! Reads in the place of a person's process. That person is root there and can mount anything over `/proc`: what the box would have read from a
//! procfs is asked by a system call, or read through a procfs that was opened before the person came.

use super::at::{open_in_procfs, procfs};
use super::read::{self, read};
use super::{View, clock, ipc, process, text};
use crate::model::{Fact, Reading, Row, Value};
use crate::vocabulary::Reader;
use crate::vocabulary::reader::NsOf;
use rustix::fs::{CWD, Dir, Mode, OFlags, fstat, openat, readlinkat};
use rustix::io::Errno;
use rustix::system::{Uname, uname};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Longer texts are not read: 256 KiB.
const LIMIT: u64 = 256 * 1024;

/// Whose place it is.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'p> {
    /// The host's procfs, opened before the person came.
    pub proc: BorrowedFd<'p>,
    /// The process's number there.
    pub pid: i32,
}

/// What tells a process from all others for every reader: its PID namespace, and its number in it.
type Identity = (Vec<u8>, i32);

/// Reads of a procfs what is in the directory of a process with this number.
type OfAnother<'r> = Box<dyn Fn(BorrowedFd, &str) -> io::Result<Fact> + 'r>;

/// Reads what that process would read.
pub fn read_beside(reader: &Reader, view: &View, beside: Beside) -> Reading {
    let system =
        |value: fn(&Uname) -> &std::ffi::CStr| Ok(Fact::text(text::shown(value(&uname()).to_bytes())));
    let result = match reader {
        Reader::Hostname => system(Uname::nodename),
        Reader::Domainname => system(Uname::domainname),
        Reader::KernelRelease => system(Uname::release),
        Reader::Status(status) if status.of.is_none() => {
            contents(beside.proc, &format!("{}/status", beside.pid))
                .and_then(|text| process::field_of(&text, &status.field.0))
                .map(read::status)
        }
        Reader::IdMap(map) if map.of.is_none() => {
            contents(beside.proc, &format!("{}/{}", beside.pid, map.kind.file())).map(read::id_map)
        }
        Reader::Processes => processes(view, beside).map(|rows| Fact::of(Value::Table(rows))),
        Reader::Link(path) if path.0 == "/proc/self" => {
            own_number(beside).map(|number| Fact::text(number.to_string()))
        }
        Reader::File(file) if file.of.is_none() && file.path.starts_with("/proc/self/") => {
            let name = file.path.trim_start_matches("/proc/self");
            contents(beside.proc, &format!("{}{name}", beside.pid)).map(Fact::text)
        }
        Reader::File(file) if file.of.is_none() && file.path.starts_with("/proc/") => {
            let name = file.path.trim_start_matches("/proc/");
            own_proc().and_then(|proc| contents(proc.as_fd(), name)).map(Fact::text)
        }
        Reader::Meminfo(field) => own_proc()
            .and_then(|proc| contents(proc.as_fd(), "meminfo"))
            .and_then(|text| read::meminfo(&text, &field.0)),
        Reader::TimensOffsets => {
            contents(beside.proc, &format!("{}/timens_offsets", beside.pid)).map(clock::offsets)
        }
        Reader::Sysvipc(of) => own_proc()
            .and_then(|proc| contents(proc.as_fd(), of.file().trim_start_matches("/proc/")))
            .and_then(|text| ipc::table(text, *of)),
        _ => match of_another(reader, view, beside) {
            Some(result) => result,
            None => return read(reader, view),
        },
    };
    read::reading(reader, view, result)
}

/// What is read of the directory of a process with a name; nothing for other readers, and where that process has ended. A new reader is decided here.
#[deny(clippy::wildcard_enum_match_arm)]
fn of_another(reader: &Reader, view: &View, beside: Beside) -> Option<io::Result<Fact>> {
    let (of, read): (&str, OfAnother) = match reader {
        Reader::Namespace(NsOf::Of(ns, of)) => (
            of,
            Box::new(|proc, pid| {
                let links = open(proc, &format!("{pid}/ns"), OFlags::PATH | OFlags::DIRECTORY)?;
                let link = readlinkat(&links, ns.link(), Vec::new())?;
                Ok(Fact::text(text::shown(link.as_bytes())))
            }),
        ),
        Reader::Pids(of) => (&of.0, Box::new(|proc, pid| status_of(proc, pid, "NSpid").map(read::pids))),
        Reader::Rss(of) => {
            (&of.0, Box::new(|proc, pid| status_of(proc, pid, "VmRSS").map(|text| read::kibibytes(&text))))
        }
        Reader::Status(status) => (
            status.of.as_deref()?,
            Box::new(|proc, pid| status_of(proc, pid, &status.field.0).map(read::status)),
        ),
        Reader::IdMap(map) => (
            map.of.as_deref()?,
            Box::new(|proc, pid| contents(proc, &format!("{pid}/{}", map.kind.file())).map(read::id_map)),
        ),
        Reader::Mounts(mounts) => (
            mounts.of.as_deref()?,
            Box::new(|proc, pid| {
                let raw = contents(proc, &format!("{pid}/mountinfo"))?;
                Ok(read::mounts(&raw, &mounts.below, view))
            }),
        ),
        // What no file of a procfs says, and what a person may change: it is read as the box would.
        Reader::Hostname
        | Reader::Domainname
        | Reader::KernelRelease
        | Reader::Pid
        | Reader::Ppid
        | Reader::Processes
        | Reader::Interfaces
        | Reader::Routes
        | Reader::Neighbours
        | Reader::BridgePorts
        | Reader::Forwarding
        | Reader::NftRules
        | Reader::Conntrack
        | Reader::Sysvipc(_)
        // The reader has joined the time namespace, and has the CPUs of the process beside it.
        | Reader::Clock(_)
        | Reader::TimensOffsets
        | Reader::Cpus
        | Reader::Sysinfo(_)
        | Reader::Namespace(NsOf::Own(_))
        | Reader::State(_)
        | Reader::Announced(_)
        | Reader::Forks(_)
        | Reader::Output(_)
        | Reader::ExitStatus(_)
        | Reader::Link(_)
        | Reader::File(_)
        | Reader::Listing(_)
        | Reader::Tree(_)
        | Reader::Inode(_)
        | Reader::Device(_)
        | Reader::Owner(_)
        | Reader::LinkField(_)
        | Reader::Frames(_)
        | Reader::TcpAnswer(_)
        | Reader::UnixAnswer(_)
        | Reader::Meminfo(_)
        | Reader::Knob(_)
        | Reader::CpuShare(_) => return None,
    };
    let pid = view.pids.get(of)?.to_string();
    Some(hosts_proc(beside).and_then(|proc| read(proc, &pid)))
}

fn status_of(proc: BorrowedFd, pid: &str, field: &str) -> io::Result<String> {
    contents(proc, &format!("{pid}/status")).and_then(|text| process::field_of(&text, field))
}

/// The host's procfs, where it is the process's own, too: in another one a number is another process's.
fn hosts_proc(beside: Beside<'_>) -> io::Result<BorrowedFd<'_>> {
    let same = fstat(own_proc()?)?.st_dev == fstat(beside.proc)?.st_dev;
    if same { Ok(beside.proc) } else { Err(Errno::XDEV.into()) }
}

/// The procfs on the process's own `/proc`.
///
/// # Errors
/// `EXDEV` where something else is mounted there.
fn own_proc() -> io::Result<OwnedFd> {
    procfs(openat(CWD, "/proc", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

fn open(proc: BorrowedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    open_in_procfs(proc, Path::new(path), flags)
}

fn contents(proc: BorrowedFd, path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::from(open(proc, path, OFlags::RDONLY)?).take(LIMIT).read_to_end(&mut bytes)?;
    Ok(text::shown(&bytes))
}

/// Nothing where the reader may not know it, or the process is gone.
fn identity(proc: BorrowedFd, pid: i32) -> Option<Identity> {
    let directory = open(proc, &pid.to_string(), OFlags::PATH | OFlags::DIRECTORY).ok()?;
    let links = open(directory.as_fd(), "ns", OFlags::PATH | OFlags::DIRECTORY).ok()?;
    let namespace = readlinkat(&links, "pid", Vec::new()).ok()?.into_bytes();
    let status = contents(directory.as_fd(), "status").ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    Some((namespace, numbers.split_ascii_whitespace().last()?.parse().ok()?))
}

/// The numbers of the processes that a procfs shows, in order.
fn numbers(proc: BorrowedFd) -> io::Result<Vec<i32>> {
    let directory = open(proc, ".", OFlags::RDONLY | OFlags::DIRECTORY)?;
    let entries = Dir::new(directory)?.filter_map(Result::ok);
    let mut all: Vec<i32> = entries.filter_map(|e| e.file_name().to_str().ok()?.parse().ok()).collect();
    all.sort_unstable();
    Ok(all)
}

/// The number of the process in its own `/proc`, to which `/proc/self` would lead it.
fn own_number(beside: Beside) -> io::Result<i32> {
    let proc = own_proc()?;
    let own = identity(beside.proc, beside.pid).ok_or(Errno::SRCH)?;
    let found =
        numbers(proc.as_fd())?.into_iter().find(|n| identity(proc.as_fd(), *n).as_ref() == Some(&own));
    found.ok_or_else(|| Errno::NOENT.into())
}

/// Rows `pid name`. Those of the run have the names that the lesson gives them.
fn processes(view: &View, beside: Beside) -> io::Result<Vec<Row>> {
    let proc = own_proc()?;
    let named = view.pids.iter().filter_map(|(name, pid)| Some((identity(beside.proc, *pid)?, name)));
    let named: BTreeMap<Identity, &String> = named.collect();
    let row = |pid: i32| {
        let known = identity(proc.as_fd(), pid).and_then(|it| named.get(&it).map(|name| (*name).clone()));
        let name = match known {
            Some(name) => name,
            // A process that has ended meanwhile has none.
            None => contents(proc.as_fd(), &format!("{pid}/comm")).ok()?.trim_end_matches('\n').to_owned(),
        };
        Some(Row::new([("pid", pid.to_string()), ("name", name)]))
    };
    Ok(numbers(proc.as_fd())?.into_iter().filter_map(row).collect())
}
