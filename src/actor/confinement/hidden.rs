//! The parts of the machine that a program or a person's shell must not see. They are identified by filesystem and directory rather than by path, because a
//! mount table may show one directory at many places.

use crate::kernel::{Error, Result};
use crate::model::Errno;
use crate::probe::mountinfo::{self, Mount};
use std::path::{Path, PathBuf};

/// Covered wherever they are visible, with everything that is mounted below them.
const COVERED: [&str; 7] = ["/home", "/root", "/run", "/var", "/mnt", "/media", "/srv"];
/// Covered with a small writable filesystem.
const SCRATCH: &str = "/tmp";
/// Replaced by a few harmless devices.
const DEVICES: &str = "/dev";
/// Directories that a program needs: nothing that contains one of these is covered, and no home directory inside one.
const SYSTEM: [&str; 13] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/sys", "/dev", "/nix",
    "/gnu",
];

/// Programs of the machine's administrator, to which links in `/usr/local/bin` may lead; shown, but nothing that is mounted there from a covered one.
const OPTIONAL: &str = "/opt";

/// The operation that fails where `/` cannot be listed.
pub const LIST_ROOT: &str = "list";

/// The replacement for a covered directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// An empty directory.
    Empty,
    /// A small private directory.
    Scratch,
    /// A few harmless devices.
    Devices,
}

/// A directory of a filesystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The filesystem's device, as in mountinfo.
    device: String,
    /// The directory within the filesystem.
    inner: PathBuf,
    /// The replacement.
    pub cover: Cover,
}

impl Cover {
    /// The only place that gets this cover; the same directory seen at another place is covered with an empty one.
    pub fn place(self) -> &'static str {
        match self {
            Cover::Empty => "",
            Cover::Scratch => SCRATCH,
            Cover::Devices => DEVICES,
        }
    }
}

impl Hidden {
    fn of(mount: &Mount, path: &Path, cover: Cover) -> Self {
        Hidden { device: mount.device.clone(), inner: mount.inner(path), cover }
    }

    fn contains(&self, other: &Hidden) -> bool {
        self.device == other.device && other.inner.starts_with(&self.inner)
    }

    /// The path at which this mount shows the directory, or a part of it.
    pub fn seen_in(&self, mount: &Mount) -> Option<PathBuf> {
        let root = Path::new(&mount.root);
        if mount.device != self.device {
            None
        } else if root.starts_with(&self.inner) {
            Some(mount.at.clone())
        } else {
            // Join only when there is something to join, or the path would end in a slash.
            self.inner.strip_prefix(root).ok().map(|below| mount.at.join(below))
        }
    }
}

/// Directories at the top that no standard names (`/data`, `/scratch`): their files, named pipes and sockets may be open to the starter alone.
///
/// # Errors
/// When `/` cannot be listed, as with mode 0711: then nobody can tell what is there to hide.
fn others_at_the_top() -> Result<Vec<PathBuf>> {
    let given = |path: &Path| {
        let named = COVERED.iter().chain(&SYSTEM).chain(&[SCRATCH, DEVICES, OPTIONAL]);
        named.into_iter().any(|known| path == Path::new(known))
    };
    let failed = |e: std::io::Error| Error::new(LIST_ROOT, "/", Errno::of(&e));
    let entries: Vec<std::fs::DirEntry> =
        std::fs::read_dir("/").and_then(Iterator::collect).map_err(failed)?;
    let directory = |entry: &&std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    Ok(entries.iter().filter(directory).map(std::fs::DirEntry::path).filter(|path| !given(path)).collect())
}

/// Everything to hide on a machine with this mount table and these home directories. Call it in the host's own mount namespace.
///
/// # Errors
/// When `/` cannot be listed.
pub fn hidden(table: &[Mount], homes: &[PathBuf]) -> Result<Vec<Hidden>> {
    let others = others_at_the_top()?;
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let find = |path: &Path, cover: Cover| {
        let path = real(path)?;
        Some((Hidden::of(mountinfo::covering(table, &path)?, &path, cover), path))
    };
    let system: Vec<PathBuf> = SYSTEM.iter().filter_map(|p| real(Path::new(p))).collect();
    let within_system = |path: &Path| system.iter().any(|s| path.starts_with(s));
    let fixed = COVERED.iter().map(|p| (Path::new(p), Cover::Empty));
    let given = fixed.chain([(Path::new(SCRATCH), Cover::Scratch), (Path::new(DEVICES), Cover::Devices)]);
    let elsewhere = homes.iter().chain(&others).filter(|home| real(home).is_some_and(|h| !within_system(&h)));
    let mut found: Vec<(Hidden, PathBuf)> = given
        .chain(elsewhere.map(|home| (home.as_path(), Cover::Empty)))
        .filter_map(|(path, cover)| find(path, cover))
        .collect();
    let mut needed: Vec<Hidden> = system
        .iter()
        .filter(|s| *s != Path::new(DEVICES))
        .filter_map(|s| Some(find(s, Cover::Empty)?.0))
        .collect();
    found.retain(|(hidden, _)| !needed.iter().any(|n| hidden.contains(n)));
    // A filesystem mounted below a covered directory may be visible elsewhere, too. Exempt are those that also belong to the system, as in a chroot's
    // /proc.
    let inside = |m: &Mount, all: &[(Hidden, PathBuf)]| all.iter().any(|(_, path)| m.at.starts_with(path));
    let outside = table.iter().filter(|m| within_system(&m.at) && !inside(m, &found));
    needed.extend(outside.map(|m| Hidden::of(m, &m.at, Cover::Empty)));
    let below = table.iter().filter(|m| inside(m, &found)).map(|m| Hidden::of(m, &m.at, Cover::Empty));
    let below: Vec<Hidden> = below.filter(|b| !needed.iter().any(|n| b.contains(n))).collect();
    let mut all: Vec<Hidden> = found.into_iter().map(|(hidden, _)| hidden).collect();
    for hidden in below {
        if !all.iter().any(|h| h.contains(&hidden)) {
            all.push(hidden);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(line: &str) -> Mount {
        mountinfo::parse(line).remove(0)
    }

    #[test]
    fn a_directory_is_found_wherever_a_mount_shows_it() {
        let home = Hidden { device: "8:1".into(), inner: "/home".into(), cover: Cover::Empty };
        let seen = |line| home.seen_in(&mount(line)).map(|p| p.display().to_string());
        assert_eq!(seen("1 0 8:1 / / rw - ext4 d rw").as_deref(), Some("/home"));
        assert_eq!(seen("2 1 8:1 / /rescue rw - ext4 d rw").as_deref(), Some("/rescue/home"));
        assert_eq!(seen("3 1 8:1 /home/ada /data/ada rw - ext4 d rw").as_deref(), Some("/data/ada"));
        assert_eq!(seen("4 1 8:1 /home /data rw - ext4 d rw").as_deref(), Some("/data"));
        assert_eq!(seen("5 1 8:1 /usr /x rw - ext4 d rw"), None);
        assert_eq!(seen("6 1 8:2 / /y rw - ext4 d rw"), None);
    }

    #[test]
    fn what_a_program_needs_is_never_hidden() {
        let text = "1 0 8:1 / / rw - ext4 d rw\n2 1 0:5 / /proc rw - proc p rw\n3 1 0:6 / /sys rw - sysfs s rw\n\
                    4 1 0:5 / /srv/jail/proc rw - proc p rw\n5 1 8:1 /usr /var/x rw - ext4 d rw\n\
                    6 1 8:9 / /var/lib rw - ext4 e rw\n";
        let all =
            hidden(&mountinfo::parse(text), &["/".into(), "/usr/games".into()]).expect("/ can be listed");
        let has =
            |device: &str, inner: &str| all.iter().any(|h| h.device == device && h.inner == Path::new(inner));
        assert!(!has("8:1", "/") && !has("8:1", "/usr") && !has("0:5", "/") && !has("0:6", "/"), "{all:?}");
        assert!(has("8:1", "/var") && has("8:1", "/tmp") && has("8:9", "/"), "{all:?}");
    }
}
