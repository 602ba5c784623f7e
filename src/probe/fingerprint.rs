//! What makes a process a container, read from outside: only `/proc` and `/sys/fs/cgroup` are opened, and nothing is joined or changed.

mod limits;

use super::{mountinfo, namespace, process, text};
use crate::model::fingerprint::{
    Answer, CapabilitySet, Descriptor, DescriptorKind, DeviceNode, Fingerprint, Ids, MountLine, NamespaceId,
};
use crate::model::{Capability, Ns};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The types of namespaces that a process is in, in the order of their names.
const TYPES: [Ns; 8] = [Ns::Cgroup, Ns::Ipc, Ns::Mount, Ns::Net, Ns::Pid, Ns::Time, Ns::User, Ns::Uts];
/// The sets of capabilities in `/proc/PID/status` (`capabilities(7)`).
const SETS: [&str; 5] = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
/// No container has as many nodes below `/dev`; a machine's can be walked through a long time.
const MOST_DEVICES: usize = 4096;

/// The fingerprint of a process; `proc_root` is `/proc`.
///
/// # Errors
/// There is no such process, or it ended meanwhile (`ESRCH`): what was read could be of two processes.
pub fn fingerprint(proc_root: &Path, pid: i32) -> io::Result<Fingerprint> {
    let began = process::stat(proc_root, pid)?.started;
    let of = proc_root.join(pid.to_string());
    let status = text::read(&of.join("status"))?;
    let field = |name: &str| Answer::from(process::field_of(&status, name));
    let found = Fingerprint {
        pid,
        command: text::read(&of.join("comm")).map(|text| trimmed(&text)).into(),
        pids: process::numbers(proc_root, pid).into(),
        namespaces: TYPES.iter().map(|kind| namespace_id(proc_root, &of, *kind)).collect(),
        ids: Ids {
            uid: field("Uid"),
            gid: field("Gid"),
            groups: field("Groups"),
            uid_map: lines(&of.join("uid_map")),
            gid_map: lines(&of.join("gid_map")),
            setgroups: text::read(&of.join("setgroups")).map(|text| trimmed(&text)).into(),
        },
        root: std::fs::read_link(of.join("root")).map(|path| text::name(&path)).into(),
        mounts: mountinfo::read(&of).map(|table| table.into_iter().map(mount_line).collect()).into(),
        cgroups: limits::places(proc_root, &of).into(),
        capabilities: SETS.map(|set| capabilities(set, field(set))).into(),
        seccomp: field("Seccomp"),
        no_new_privs: field("NoNewPrivs"),
        label: label(&of).into(),
        devices: devices(&of.join("root/dev")).into(),
        interfaces: interfaces(&of).into(),
        environment: environment(&of).into(),
        descriptors: descriptors(&of).into(),
    };
    match process::stat(proc_root, pid) {
        Ok(now) if now.started == began => Ok(found),
        _ => Err(io::Error::from_raw_os_error(libc::ESRCH)),
    }
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches(['\n', '\0']).to_owned()
}

/// The lines of a file, their columns separated by one blank.
fn lines(file: &Path) -> Answer<Vec<String>> {
    let line = |line: &str| line.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    text::read(file).map(|text| text.lines().map(line).collect()).into()
}

fn namespace_id(proc_root: &Path, of: &Path, kind: Ns) -> NamespaceId {
    let id = namespace::link(of, kind.link()).and_then(|link| inode(&link));
    let machine = namespace::link(&proc_root.join("1"), kind.link()).and_then(|link| inode(&link)).ok();
    let machine = machine.or_else(|| match kind {
        // Kernels before 6.18 do not fix these two; no other namespace has these numbers on any kernel.
        Ns::Mount | Ns::Net => Some(first(kind)).filter(|first| id.as_ref().is_ok_and(|id| id == first)),
        Ns::Ipc
        | Ns::Uts
        | Ns::User
        | Ns::Pid
        | Ns::PidForChildren
        | Ns::Cgroup
        | Ns::Time
        | Ns::TimeForChildren => Some(first(kind)),
    });
    NamespaceId { kind, machine, id: id.into() }
}

/// The number in `uts:[4026531838]`.
fn inode(link: &str) -> io::Result<u64> {
    let number = link.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']')?.parse().ok());
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The number that the kernel gives to the first namespace of a type (`linux/nsfs.h`).
fn first(kind: Ns) -> u64 {
    match kind {
        Ns::Ipc => 0xEFFF_FFFF,
        Ns::Uts => 0xEFFF_FFFE,
        Ns::User => 0xEFFF_FFFD,
        Ns::Pid | Ns::PidForChildren => 0xEFFF_FFFC,
        Ns::Cgroup => 0xEFFF_FFFB,
        Ns::Time | Ns::TimeForChildren => 0xEFFF_FFFA,
        Ns::Net => 0xEFFF_FFF9,
        Ns::Mount => 0xEFFF_FFF8,
    }
}

fn mount_line(mount: mountinfo::Mount) -> MountLine {
    MountLine {
        propagation: mount.propagation(),
        at: text::name(&mount.at),
        filesystem: mount.fstype,
        part: mount.root,
        options: mount.options,
        filesystem_options: mount.super_options,
    }
}

fn capabilities(set: &'static str, bits: Answer<String>) -> CapabilitySet {
    let mask = bits.known().and_then(|bits| u64::from_str_radix(bits, 16).ok()).unwrap_or(0);
    let names = (0..64).filter(|bit| mask >> bit & 1 != 0).map(|bit| match Capability::numbered(bit) {
        Some(known) => known.to_string(),
        None => bit.to_string(),
    });
    CapabilitySet { set, names: names.collect(), bits }
}

/// The label; `ENOENT` and `EINVAL` where no security module gives one.
fn label(of: &Path) -> io::Result<String> {
    text::read(&of.join("attr/current")).map(|text| trimmed(&text))
}

fn interfaces(of: &Path) -> io::Result<Vec<String>> {
    let table = text::read(&of.join("net/dev"))?;
    // Two lines are headings.
    let name = |line: &str| line.split_once(':').map(|(name, _)| name.trim().to_owned());
    let mut names: Vec<String> = table.lines().skip(2).filter_map(name).collect();
    names.sort();
    Ok(names)
}

fn environment(of: &Path) -> io::Result<Vec<String>> {
    let bytes = text::bytes(&of.join("environ"))?;
    let key = |variable: &[u8]| {
        let end = variable.iter().position(|byte| *byte == b'=')?;
        Some(text::shown(&variable[..end]))
    };
    let mut keys: Vec<String> = bytes.split(|byte| *byte == 0).filter_map(key).collect();
    keys.sort();
    Ok(keys)
}

/// The nodes in a directory and those below it.
fn devices(dev: &Path) -> io::Result<Vec<DeviceNode>> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = vec![dev.to_owned()];
    while let Some(directory) = waiting.pop() {
        let entries = match std::fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(e) if directory == dev => return Err(e),
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let kind = metadata.file_type();
            if kind.is_dir() && waiting.len() < MOST_DEVICES {
                waiting.push(entry.path());
            }
            if (kind.is_char_device() || kind.is_block_device()) && found.len() < MOST_DEVICES {
                let below = entry.path().strip_prefix(dev).map(text::name).unwrap_or_default();
                found.push(DeviceNode {
                    path: format!("/dev/{below}"),
                    kind: if kind.is_char_device() { 'c' } else { 'b' },
                    major: rustix::fs::major(metadata.rdev()),
                    minor: rustix::fs::minor(metadata.rdev()),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn descriptors(of: &Path) -> io::Result<Vec<Descriptor>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(of.join("fd"))?.flatten() {
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            found.push(Descriptor { number, kind: descriptor_kind(&entry.path()) });
        }
    }
    found.sort_by_key(|descriptor| descriptor.number);
    Ok(found)
}

/// What a link below `/proc/PID/fd` leads to.
fn descriptor_kind(link: &Path) -> DescriptorKind {
    let Ok(target) = std::fs::read_link(link) else { return DescriptorKind::Unknown };
    let target = text::name(&target);
    // These texts are no paths, and `stat(2)` tells less than they do.
    match target.split_once(":[") {
        Some(("socket", _)) => return DescriptorKind::Socket,
        Some(("pipe", _)) => return DescriptorKind::Pipe,
        Some((kind, _)) if Ns::ALL.iter().any(|ns| ns.link() == kind) => return DescriptorKind::Namespace,
        _ if target.starts_with("anon_inode:") => return DescriptorKind::Anonymous,
        _ => {}
    }
    let Ok(metadata) = std::fs::metadata(link) else { return DescriptorKind::Unknown };
    let kind = metadata.file_type();
    if kind.is_dir() {
        DescriptorKind::Directory
    } else if kind.is_char_device() {
        DescriptorKind::CharacterDevice
    } else if kind.is_block_device() {
        DescriptorKind::BlockDevice
    } else if kind.is_fifo() {
        DescriptorKind::Pipe
    } else if kind.is_socket() {
        DescriptorKind::Socket
    } else {
        DescriptorKind::File
    }
}
