//! The walls in a mount table: covers over private directories, and read-only mounts except those of the run.

use super::device;
use super::hidden::{Cover, Hidden};
use crate::actor::execute::Failure;
use crate::actor::place::read_at;
use crate::actor::protocol::Walls;
use crate::actor::shell_commands;
use crate::kernel::{Error, mount};
use crate::model::Errno;
use crate::probe::mountinfo::{self, Mount};
use nix::mount::MsFlags;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::mount::MountAttrFlags;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// How deep mounts within mounts are followed.
const ROUNDS: usize = 16;

/// A mount table that is being closed off. The caller is in it, with the root directory of its mount namespace.
pub struct Table<'a> {
    /// Which mounts belong to the run.
    pub walls: &'a Walls,
    /// The directories to hide.
    pub hidden: &'a [Hidden],
    /// The host's procfs.
    pub proc: BorrowedFd<'a>,
    /// The root directory of the program or shell that is walled in.
    pub root: &'a Path,
    /// Whether the walls are for a person. Then every `/proc` of the host stays as it is; for a program each is read-only, and covered unless it is the
    /// program's own `/proc`.
    pub person: bool,
    /// Whether the table is the caller's own copy. Otherwise it is the box's, which others look at, too; then the run's mounts stay in place.
    pub copied: bool,
}

/// Whether the error means that a place has vanished: other people's mounts come and go, and removing a directory also removes the mounts on it (`rmdir(2)`
/// in another mount namespace).
fn vanished(e: &Error) -> bool {
    [libc::ENOENT, libc::EINVAL, libc::ENOTDIR].contains(&e.errno.0)
}

impl Table<'_> {
    fn read(&self) -> Result<Vec<Mount>, Failure> {
        let text = read_at(self.proc, "self/mountinfo")
            .map_err(|e| Error::new("read", "/proc/self/mountinfo", Errno::of(&e)))?;
        Ok(mountinfo::parse(&text))
    }

    /// Whether this mount belongs to the run: it shows a filesystem that the run has mounted, or a part of the run's files.
    fn is_own(&self, mount: &Mount) -> bool {
        let (device, directory) = &self.walls.home;
        let own = self.walls.workspace.file_name().map(|run| directory.join(run));
        let in_workspace = own.is_some_and(|own| Path::new(&mount.root).starts_with(own));
        !self.walls.foreign.contains(&mount.device) || (mount.device == *device && in_workspace)
    }

    /// Whether `path` is `wanted`: as the walled-in process will write it, or as it is now, below its root directory.
    fn is_at(&self, path: &Path, wanted: &str) -> bool {
        path == Path::new(wanted) || path == self.root.join(wanted.trim_start_matches('/'))
    }

    /// Covers what is hidden, then makes every mount read-only except those of the run.
    ///
    /// # Errors
    /// The kernel's error, as before Linux 5.12. Then the caller must not let anybody in.
    pub fn close_off(&self) -> Result<(), Failure> {
        let before = self.read()?;
        let mut done: BTreeSet<PathBuf> = BTreeSet::new();
        let mut open: BTreeSet<PathBuf> = BTreeSet::new();
        // A mount that was put back onto a cover can itself show something hidden, so look again until there is nothing left.
        let mut rounds = 0;
        while self.cover_all(&self.read()?, &mut done, &mut open)? {
            rounds += 1;
            if rounds > ROUNDS {
                return Err(Failure::Refused("the mount table has too many layers to be covered".to_owned()));
            }
        }
        for directory in std::iter::once(&self.walls.workspace).chain(&self.walls.cgroups) {
            if directory.is_dir() {
                on_itself(directory, &self.read()?)?;
                open.insert(directory.clone());
            }
        }
        mount::set_read_only(Path::new("/"), true, true)?;
        self.open_again(&before, &open)
    }

    /// The places where something hidden may be visible, each with the ids of the mounts that would show it.
    fn seen(&self, table: &[Mount]) -> BTreeMap<PathBuf, Vec<(u64, Cover)>> {
        let mut places: BTreeMap<PathBuf, Vec<(u64, Cover)>> = BTreeMap::new();
        // An earlier shell in this table has mounted the program for its person.
        let known = |m: &Mount| device::is_harmless(m) || (self.person && shell_commands::is_at(&m.at));
        for mount in table.iter().filter(|m| !self.is_own(m) && !known(m)) {
            let whole = match mount.fstype.as_str() {
                "proc" => !self.person && !self.is_at(&mount.at, "/proc"),
                // Each file in it is somebody's terminal.
                "devpts" => true,
                _ => false,
            };
            let hidden = self.hidden.iter().filter_map(|h| Some((h.seen_in(mount)?, h.cover)));
            let whole = whole.then(|| (mount.at.clone(), Cover::Empty));
            for (at, cover) in hidden.chain(whole) {
                let cover = if self.is_at(&at, cover.place()) { cover } else { Cover::Empty };
                places.entry(at).or_default().push((u64::from(mount.id), cover));
            }
        }
        places
    }

    /// Covers what is visible now; returns whether there was anything.
    fn cover_all(
        &self,
        table: &[Mount],
        done: &mut BTreeSet<PathBuf>,
        open: &mut BTreeSet<PathBuf>,
    ) -> Result<bool, Failure> {
        let mut now: Vec<PathBuf> = Vec::new();
        // Outer places come first, and their covers hide the ones below.
        for (at, seen) in self.seen(table) {
            if done.contains(&at) || now.iter().any(|outer| at.starts_with(outer)) {
                continue;
            }
            let Some((mount, place)) = still_there(&at)? else { continue };
            // Another mount lies over the one in the table.
            let Some((_, cover)) = seen.iter().find(|(id, _)| *id == mount) else { continue };
            self.cover(&at, &place, *cover, table)?;
            match cover {
                Cover::Scratch => drop(open.insert(at.clone())),
                Cover::Devices => {
                    open.insert(at.join(device::SHARED_MEMORY));
                    done.extend(self.walls.tty.clone());
                }
                Cover::Empty => {}
            }
            done.insert(at.clone());
            now.push(at);
        }
        Ok(!now.is_empty())
    }

    /// Makes the run's mounts writable again, if they were before.
    fn open_again(&self, before: &[Mount], open: &BTreeSet<PathBuf>) -> Result<(), Failure> {
        let were_read_only: BTreeSet<&Path> =
            before.iter().filter(|m| m.read_only).map(|m| m.at.as_path()).collect();
        let known: BTreeSet<&str> = before.iter().map(|m| m.device.as_str()).collect();
        // Of several mounts on one place, a path leads to the last.
        let topmost: BTreeMap<PathBuf, Mount> = self.read()?.into_iter().map(|m| (m.at.clone(), m)).collect();
        for (at, mount) in &topmost {
            // A device that has appeared since belongs to a cover.
            let own = self.is_own(mount) && known.contains(mount.device.as_str());
            let needed = open.contains(at) || (mount.fstype == "proc" && self.person);
            if !(own || needed) || (were_read_only.contains(at.as_path()) && !open.contains(at)) {
                continue;
            }
            match mount::set_read_only(at, false, false) {
                // Hidden below another mount, or gone: no path leads there, so nobody can write to it either.
                Err(e) if vanished(&e) && !open.contains(at) => {}
                result => result?,
            }
        }
        Ok(())
    }

    /// Mounts a filesystem of the caller's own over a directory, and puts the run's mounts back in their places.
    fn cover(&self, at: &Path, place: &OwnedFd, cover: Cover, table: &[Mount]) -> Result<(), Failure> {
        let directory =
            rustix::fs::fstat(place).is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Directory);
        if !directory {
            return match mount::attach(
                &mount::copy_of_tree(Path::new("/dev/null"))?,
                place,
                Path::new(""),
                at,
            ) {
                Err(e) if !vanished(&e) => Err(e.into()),
                _ => Ok(()),
            };
        }
        let below = self.kept_below(at, table);
        if !self.copied && !below.is_empty() {
            return self.cover_beside(at, &below, table);
        }
        let mut kept = Vec::new();
        for path in below {
            kept.push((mount::copy_of_tree(&path)?, path));
        }
        let devices =
            if cover == Cover::Devices { device::kept(at, self.walls.tty.as_deref()) } else { Vec::new() };
        let options: &[(&str, &str)] = match cover {
            Cover::Scratch => &[("size", device::SCRATCH), ("mode", "1777")],
            Cover::Empty | Cover::Devices => &[("size", "64k"), ("nr_inodes", "256"), ("mode", "755")],
        };
        let mut flags = MountAttrFlags::MOUNT_ATTR_NOSUID;
        if cover != Cover::Devices {
            flags |= MountAttrFlags::MOUNT_ATTR_NODEV;
        }
        let new = mount::detached("tmpfs", options, flags)?;
        for (tree, path) in &kept {
            device::place_for(&new, tree, path.strip_prefix(at).unwrap_or(path))?;
        }
        if cover == Cover::Devices {
            device::prepare(&new, &devices)?;
        }
        match mount::attach(&new, place, Path::new(""), at) {
            // Nobody sees a place that has vanished; but the mounts to be kept there would have vanished, too.
            Err(e) if vanished(&e) && kept.is_empty() => return Ok(()),
            result => result?,
        }
        for (tree, path) in kept {
            mount::attach(&tree, &new, path.strip_prefix(at).unwrap_or(&path), &path)?;
        }
        if cover == Cover::Devices { device::furnish(&new, &devices, at) } else { Ok(()) }
    }

    /// Covers the contents of a directory, except what leads to something of the run.
    fn cover_beside(&self, at: &Path, kept: &[PathBuf], table: &[Mount]) -> Result<(), Failure> {
        use std::os::unix::fs::FileTypeExt;
        let entries = std::fs::read_dir(at).map_err(|e| Error::new("read", at.display(), Errno::of(&e)))?;
        for entry in entries.flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let covered = kind.is_ok_and(|k| k.is_dir() || k.is_socket());
            if !covered || kept.iter().any(|k| k.starts_with(&path)) {
                continue;
            }
            if let Some((_, place)) = still_there(&path)? {
                self.cover(&path, &place, Cover::Empty, table)?;
            }
        }
        Ok(())
    }

    /// The run's mounts below a directory; of nested ones only the outermost.
    fn kept_below(&self, at: &Path, table: &[Mount]) -> Vec<PathBuf> {
        let own = table.iter().filter(|m| self.is_own(m)).map(|m| &m.at);
        let workspace = Some(&self.walls.workspace).filter(|w| w.is_dir());
        let mut all: Vec<&PathBuf> = own.chain(workspace).filter(|p| p.starts_with(at) && *p != at).collect();
        all.sort();
        let mut kept: Vec<PathBuf> = Vec::new();
        for path in all {
            if !kept.iter().any(|outer| path.starts_with(outer)) && path.symlink_metadata().is_ok() {
                kept.push(path.clone());
            }
        }
        kept
    }
}

/// Where a path leads, with the id of that mount; `None` if nothing is there.
fn still_there(at: &Path) -> Result<Option<(u64, OwnedFd)>, Failure> {
    let flags = OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let fd = match rustix::fs::openat2(CWD, at, flags, Mode::empty(), resolve) {
        Ok(fd) => fd,
        // Nobody with the caller's ids can get there.
        Err(
            rustix::io::Errno::NOENT
            | rustix::io::Errno::NOTDIR
            | rustix::io::Errno::ACCESS
            | rustix::io::Errno::LOOP,
        ) => {
            return Ok(None);
        }
        Err(e) => return Err(Error::new("open", at.display(), e).into()),
    };
    let told = rustix::fs::statx(&fd, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)
        .map_err(|e| Error::new("statx", at.display(), e))?;
    Ok(Some((told.stx_mnt_id, fd)))
}

/// Binds a directory onto itself, so that it is a mount with its own flags, and takes along the run's mounts inside it.
fn on_itself(directory: &Path, table: &[Mount]) -> Result<(), Failure> {
    // It is a mount already after an earlier shell, or in a box that others receive mounts from.
    let Some(around) = mountinfo::covering(table, directory).filter(|m| m.at != directory) else {
        return Ok(());
    };
    let mut inside: BTreeMap<&PathBuf, OwnedFd> = BTreeMap::new();
    for mount in table.iter().filter(|m| m.parent == around.id && m.at.starts_with(directory)) {
        let place = rustix::fs::openat(CWD, &mount.at, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        inside.insert(&mount.at, place.map_err(|e| Error::new("open", mount.at.display(), e))?);
    }
    mount::mount(Some(&directory.to_string_lossy()), directory, None, MsFlags::MS_BIND, None)?;
    for (at, fd) in inside {
        // Copied, not moved: moving would change the order of the table compared with a copy of it, and a mount on a shared mount cannot be moved at all
        // (mount_namespaces(7)).
        let tree = mount::copy_of_place(&fd, at)?;
        mount::attach(&tree, CWD, at, at)?;
        // The old mount is underneath now. Where /proc does not lead to it, it stays there unseen. It must be private before it goes: what is taken off a
        // shared mount goes from its peers, too, and the copy is one of them.
        let old = crate::actor::frame::path_of(fd.as_fd());
        if mount::mount(None, &old, None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None).is_ok() {
            let _ = mount::umount(&old, true);
        }
    }
    Ok(())
}
