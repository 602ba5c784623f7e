//! The ledger: everything of a run that the kernel would not clean up by itself when its processes die. A line is appended *before* the thing is
//! made, and undone in reverse order: at the end by the guardian, or by the first process that finds a ledger without a lock.

use super::ids::IdRange;
use super::remove::{Tree, remove};
use crate::model;
use crate::model::leftover::{Leftover, NotRemoved};
use rustix::fs::{AtFlags, CWD};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Where ledgers and workspaces lie: on disk, because deleting in an overlay whose upper layer is on tmpfs fails before kernel 6.6.
pub const HOME: &str = "/var/tmp";
/// First part of the names there.
pub const PREFIX: &str = "isolab-";
const SUFFIX: &str = ".ledger";
/// The prefix of the names that claim ranges of ids.
const CLAIM: &str = "isolab-ids-";
/// So many groups below one another are thawed: a lesson goes less deep, and what a person makes is not followed forever.
const DEEPEST: u32 = 32;

/// Something that outlives its processes, or by which they are found when their guardian is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerEntry {
    /// A directory with everything below it.
    Workspace(PathBuf),
    /// A cgroup directory with the cgroups below it.
    Cgroup(PathBuf),
    /// A cgroup into which the lab's own processes step aside, so that the one around it has none; they go back there.
    Aside(PathBuf),
    /// What a control file that outlives the run gets back; the kernel may refuse it because others use it by now.
    Control {
        /// The file.
        file: PathBuf,
        /// What is written.
        text: String,
    },
    /// Ids that the run may claim; it claims them later. See [`Ledger::claim`].
    Ids {
        /// Which ids.
        range: IdRange,
        /// Whether nobody else has ids in this range, so that a process with one of them belongs to the run.
        own: bool,
    },
}

/// An open ledger. While it is open its file is locked, so that a sweep knows that somebody lives.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    path: PathBuf,
}

/// Where the ledger of a run lies.
pub fn path_of(run: &str) -> PathBuf {
    Path::new(HOME).join(format!("{run}{SUFFIX}"))
}

/// Where the files of a run lie.
pub fn workspace_of(run: &str) -> PathBuf {
    Path::new(HOME).join(run)
}

/// The id of a run from the path of its ledger.
pub fn run_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_suffix(SUFFIX)
}

/// The name that claims a range of ids.
fn claim_of(range: IdRange) -> PathBuf {
    Path::new(HOME).join(format!("{CLAIM}{}", range.first))
}

/// Whether a claim has no owner: it is not this user's, who alone makes such names, or it is the last name of a ledger that was removed by hand.
fn is_stale(claim: &Path) -> bool {
    let Ok(told) = claim.symlink_metadata() else { return false };
    let mine = told.is_file() && told.uid() == rustix::process::geteuid().as_raw();
    let held = || open(claim).is_ok_and(|file| file.try_lock().is_err());
    !mine || (told.nlink() == 1 && !held())
}

/// The run that has claimed a range of ids, if one has.
pub fn holder(range: IdRange) -> Option<String> {
    let identity = |path: &Path| path.symlink_metadata().map(|m| (m.dev(), m.ino())).ok();
    let claim = identity(&claim_of(range))?;
    let ledger = all().into_iter().find(|path| identity(path) == Some(claim))?;
    run_of(&ledger).map(str::to_owned)
}

/// The ranges of ids that runs have claimed, and that are numbered as in the caller's user namespace or another one's.
pub fn claimed() -> Vec<IdRange> {
    let identity = |path: &Path| path.symlink_metadata().map(|m| (m.dev(), m.ino())).ok();
    let mut found = Vec::new();
    for path in all() {
        for entry in entries_of(&path) {
            if let LedgerEntry::Ids { range, .. } = entry
                && identity(&claim_of(range)) == identity(&path)
            {
                found.push(range);
            }
        }
    }
    found
}

/// Whether a run that is alive wants these ids, which another one has: it has noted them in its ledger and has not got them.
pub fn is_awaited(range: IdRange) -> bool {
    let identity = |path: &Path| path.symlink_metadata().map(|m| (m.dev(), m.ino())).ok();
    let claim = identity(&claim_of(range));
    let wants =
        |entry: &LedgerEntry| matches!(entry, LedgerEntry::Ids { range: wanted, .. } if *wanted == range);
    let is_alive = |path: &Path| open(path).is_ok_and(|file| file.try_lock().is_err());
    all().iter().any(|path| identity(path) != claim && entries_of(path).iter().any(wants) && is_alive(path))
}

/// The entries of a ledger, in order. A last line that was cut off by a kill belongs to something that was never made.
fn entries_of(path: &Path) -> Vec<LedgerEntry> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

impl Ledger {
    /// Begins the ledger of a new run. The name is new (`O_EXCL`), and the file readable only to its owner. The guardian does it and not
    /// the lab: then there is nothing to undo before there is somebody who will.
    ///
    /// # Errors
    /// What `open(2)` or `flock(2)` answers; `AlreadyExists` when the name is taken.
    pub fn create(path: &Path) -> io::Result<Self> {
        loop {
            let file = OpenOptions::new()
                .append(true)
                .create_new(true)
                .mode(0o600)
                .custom_flags(libc::O_NOFOLLOW)
                .open(path)?;
            // The umask may have removed the owner's own permissions.
            file.set_permissions(Permissions::from_mode(0o600))?;
            if let Err(e) = file.lock_shared() {
                // For example, a filesystem without locks. Nobody could ever tell whether this run is alive, so do not start one.
                let _ = std::fs::remove_file(path);
                return Err(io::Error::other(format!("flock: {e}")));
            }
            // Between the two calls somebody else's sweep may have found it without a lock, and removed it.
            if file.metadata()?.nlink() > 0 {
                return Ok(Ledger { file, path: path.to_owned() });
            }
        }
    }

    /// Opens a ledger that exists, beside those who hold it.
    ///
    /// # Errors
    /// What `open(2)` or `flock(2)` answers.
    pub fn join(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        file.lock_shared()?;
        Ok(Ledger { file, path: path.to_owned() })
    }

    /// Takes over a ledger that nobody holds any more; nothing when somebody does, or when another sweep was quicker.
    ///
    /// # Errors
    /// What `open(2)` answers.
    pub fn take_over(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) if file.metadata()?.nlink() == 0 => Ok(None),
            Ok(()) => Ok(Some(Ledger { file, path: path.to_owned() })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => Err(e),
        }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes something that is about to be made.
    ///
    /// # Errors
    /// What `write(2)` answers; then it must not be made.
    pub fn note(&mut self, entry: &LedgerEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }

    /// Claims a range of ids for this run, before any are used. The claim is a second name of the ledger (`link(2)`), so only one of two runs can have it,
    /// and the ledger's lock shows whether its holder is alive. Returns `None` if another run has it.
    ///
    /// # Errors
    /// The kernel's error.
    pub fn claim(&mut self, range: IdRange, own: bool) -> io::Result<Option<()>> {
        self.note(&LedgerEntry::Ids { range, own })?;
        let claim = claim_of(range);
        loop {
            match rustix::fs::linkat(CWD, &self.path, CWD, &claim, AtFlags::empty()) {
                Ok(()) if self.has_claim(range) => return Ok(Some(())),
                Ok(()) => return Err(io::Error::other("the ledger was replaced")),
                Err(Errno::EXIST) if is_stale(&claim) => std::fs::remove_file(&claim)?,
                Err(Errno::EXIST) => return Ok(None),
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Whether the run has claimed these ids, and did not merely intend to.
    pub fn has_claim(&self, range: IdRange) -> bool {
        let identity = |m: std::fs::Metadata| (m.dev(), m.ino());
        let claim = claim_of(range).symlink_metadata().map(identity).ok();
        claim.is_some() && claim == self.file.metadata().map(identity).ok()
    }

    /// The entries, in order.
    pub fn entries(&self) -> Vec<LedgerEntry> {
        entries_of(&self.path)
    }

    /// Thaws the run's cgroups. In a frozen one of v1 a SIGKILL has no effect (`freezer-subsystem.rst`), so this comes before processes are ended.
    pub fn thaw(&self) {
        for entry in self.entries() {
            if let LedgerEntry::Cgroup(path) | LedgerEntry::Aside(path) = entry {
                thaw(&path, DEEPEST);
            }
        }
    }

    /// Undoes everything in reverse order, tries all of it, and removes the ledger if nothing is left. Can be repeated. Returns what
    /// is left. Ids are given back last, and only if nothing is left: otherwise there may be files that belong to them.
    pub fn undo(&self) -> Vec<Leftover> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(e) => return vec![Leftover::Ledger { path: self.path.clone(), errno: model::Errno::of(&e) }],
        };
        let (mut left, mut claims) = (Vec::new(), Vec::new());
        for line in text.lines().rev() {
            // A last line that was cut off by a kill belongs to something that was never made.
            let Ok(entry) = serde_json::from_str::<LedgerEntry>(line) else { continue };
            let (path, result) = match &entry {
                LedgerEntry::Workspace(path) => (path, remove(path, Tree::Files)),
                LedgerEntry::Cgroup(path) => (path, remove(path, Tree::Cgroups)),
                LedgerEntry::Aside(path) => (
                    path,
                    step_back(path).map_err(|e| refused(&e)).and_then(|()| remove(path, Tree::Cgroups)),
                ),
                LedgerEntry::Control { file, text } => {
                    let _ = std::fs::write(file, text);
                    continue;
                }
                LedgerEntry::Ids { range, .. } => {
                    claims.extend(self.has_claim(*range).then(|| claim_of(*range)));
                    continue;
                }
            };
            if let Err(cause) = result {
                left.push(Leftover::Path { path: path.clone(), cause });
            }
        }
        if !left.is_empty() {
            return left;
        }
        // The ledger's own name last: the claims are found by it.
        for path in claims.iter().chain([&self.path]) {
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    left.push(Leftover::Path { path: path.clone(), cause: refused(&e) });
                }
                _ => {}
            }
        }
        left
    }
}

/// Opens a ledger for appending. If its owner has no permissions, because of a umask and a guardian that was killed before it could restore them, they are
/// restored first.
fn open(path: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().append(true).custom_flags(libc::O_NOFOLLOW).open(path);
    match open() {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            let flags = libc::O_PATH | libc::O_NOFOLLOW;
            let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
            let mine = file.metadata()?.uid() == rustix::process::geteuid().as_raw();
            if !mine || !file.metadata()?.is_file() {
                return Err(e);
            }
            std::fs::set_permissions(super::frame::path_of(&file), Permissions::from_mode(0o600))?;
            open()
        }
        result => result,
    }
}

/// The ledgers of this user.
pub fn all() -> Vec<PathBuf> {
    let me = rustix::process::geteuid().as_raw();
    let Ok(entries) = std::fs::read_dir(HOME) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|e| {
            let entry = e.ok()?;
            let name = entry.file_name();
            let name = name.to_str()?;
            let mine = entry.metadata().is_ok_and(|m| m.is_file() && m.uid() == me);
            (mine && name.starts_with(PREFIX) && name.ends_with(SUFFIX)).then(|| entry.path())
        })
        .collect();
    found.sort();
    found
}

fn refused(e: &io::Error) -> NotRemoved {
    NotRemoved::Refused(model::Errno::of(e))
}

/// Writes to the freezers of v1 in a cgroup and those below it. What is not there, or not frozen, or not v1 is left alone.
fn thaw(cgroup: &Path, levels: u32) {
    let file = cgroup.join("freezer.state");
    if std::fs::read_to_string(&file).is_ok_and(|state| state.trim_end() != "THAWED") {
        let _ = std::fs::write(&file, "THAWED");
    }
    let Some(levels) = levels.checked_sub(1) else { return };
    for entry in std::fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            thaw(&entry.path(), levels);
        }
    }
}

/// Moves the processes of a cgroup into the one around it.
fn step_back(path: &Path) -> io::Result<()> {
    let Ok(members) = std::fs::read_to_string(path.join("cgroup.procs")) else { return Ok(()) };
    let around = path.parent().unwrap_or(path).join("cgroup.procs");
    for pid in members.lines() {
        match std::fs::write(&around, pid) {
            // It ended meanwhile.
            Err(e) if e.raw_os_error() == Some(libc::ESRCH) => {}
            result => result?,
        }
    }
    Ok(())
}
