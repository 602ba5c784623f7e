//! What a ledger undoes: trees of any depth, with few descriptors, whatever their modes and names; cgroups beyond the length of a path.

mod common;

use common::{NOBODY, Scratch, is_root, leftover, note, skip};
use isolab::actor::ledger::{Ledger, LedgerEntry};
use isolab::present::leftover::leftover;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat};
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// So many descriptors may this process have: many fewer than a tree has levels.
const DESCRIPTORS: u64 = 64;
/// Of the name of the variable under which a test runs itself as an ordinary user.
const SECOND: &str = "ISOLAB_TEST_AS_NOBODY";

fn few_descriptors() {
    let both = rustix::process::Rlimit { current: Some(DESCRIPTORS), maximum: Some(DESCRIPTORS) };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, both).expect("setrlimit");
}

/// Runs this very test as an ordinary user, too; whether this is that run.
fn also_as_an_ordinary_user(test: &str) -> bool {
    if std::env::var_os(SECOND).is_some() {
        return true;
    }
    if !is_root() {
        skip(test, "as an ordinary user besides: only root can become one");
        return false;
    }
    let scratch = Scratch::new();
    let program = scratch.file("undo");
    common::copy(&std::env::current_exe().expect("own path"), &program);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("chmod");
    let mut command = Command::new(&program);
    command.args(["--exact", test]).env(SECOND, "1").uid(NOBODY).gid(NOBODY).current_dir("/");
    assert!(command.status().expect("start as an ordinary user").success(), "{test} as an ordinary user");
    false
}

/// A ledger in a directory of the test's own, with one entry.
fn ledger(scratch: &Scratch, entry: &LedgerEntry) -> Ledger {
    let mut ledger = Ledger::create(&scratch.file("test.ledger")).expect("a ledger");
    ledger.note(entry).expect("an entry");
    ledger
}

fn directory(at: impl AsFd, name: &[u8]) -> OwnedFd {
    let name = CString::new(name).expect("a name");
    mkdirat(at.as_fd(), &name, Mode::RWXU).expect("mkdir");
    openat(at.as_fd(), &name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .expect("open")
}

fn top(path: &Path) -> OwnedFd {
    directory(CWD, path.as_os_str().as_bytes())
}

/// Makes directories one in the other, each with a file beside, as `mkdir` and `chdir` in turn would.
fn deep(path: &Path, levels: usize) {
    let mut at = top(path);
    for _ in 0..levels {
        at = directory(&at, b"d");
        let file = openat(&at, c"f", OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR);
        drop(file.expect("a file"));
    }
}

#[test]
fn a_tree_that_is_deeper_than_the_open_files_is_removed() {
    few_descriptors();
    also_as_an_ordinary_user("a_tree_that_is_deeper_than_the_open_files_is_removed");
    for levels in [70, 1_250, 3_000] {
        let scratch = Scratch::new();
        let tree = scratch.file("tree");
        let ledger = ledger(&scratch, &LedgerEntry::Workspace(tree.clone()));
        deep(&tree, levels);
        assert_eq!(ledger.undo(), [], "{levels} levels");
        assert!(tree.symlink_metadata().is_err(), "{levels} levels are left");
        assert!(!ledger.path().exists(), "the ledger is left");
        assert_eq!(ledger.undo(), [], "undoing again is no error");
    }
}

/// Directories of mode 000 with something in them, names that are no text, links that lead out, and many siblings.
#[test]
fn a_tree_with_closed_directories_and_odd_names_is_removed() {
    few_descriptors();
    also_as_an_ordinary_user("a_tree_with_closed_directories_and_odd_names_is_removed");
    let scratch = Scratch::new();
    let (tree, outside) = (scratch.file("tree"), scratch.file("outside"));
    std::fs::create_dir(&outside).expect("a directory");
    std::fs::write(outside.join("kept"), "x").expect("a file");
    let ledger = ledger(&scratch, &LedgerEntry::Workspace(tree.clone()));
    let at = top(&tree);
    for number in 0..300 {
        directory(&at, format!("sibling-{number}").as_bytes());
    }
    let odd = directory(&at, b"\xff\xfe \x1b[31m");
    directory(&odd, b"\xc3\x28");
    rustix::fs::symlinkat(&outside, &odd, c"way-out").expect("symlink");
    rustix::fs::symlinkat(&outside, &at, c"another").expect("symlink");
    let mut closed = vec![];
    let mut inner = directory(&at, b"closed");
    for _ in 0..5 {
        let next = directory(&inner, b"closed");
        closed.push(inner);
        inner = next;
    }
    closed.push(inner);
    for fd in closed.iter().rev() {
        rustix::fs::fchmod(fd, Mode::empty()).expect("chmod");
    }
    let unwritable = directory(&at, b"unwritable");
    directory(&unwritable, b"below");
    rustix::fs::fchmod(&unwritable, Mode::RUSR | Mode::XUSR).expect("chmod");
    rustix::fs::fchmod(&at, Mode::empty()).expect("chmod");
    assert_eq!(ledger.undo(), []);
    assert!(tree.symlink_metadata().is_err(), "the tree is left");
    assert!(outside.join("kept").exists(), "a link was followed");
}

/// What cannot be removed is named, all else goes, and the ledger stays for the next time.
#[test]
fn everything_is_tried_and_what_is_left_is_named() {
    if !is_root() {
        return skip("a mount within a workspace", "only root can mount one");
    }
    let scratch = Scratch::new();
    let tree = scratch.file("tree");
    let other = scratch.file("other");
    std::fs::create_dir(&other).expect("a directory");
    std::fs::write(other.join("kept"), "x").expect("a file");
    let ledger = ledger(&scratch, &LedgerEntry::Workspace(tree.clone()));
    deep(&tree, 3);
    let busy = tree.join("d").join("busy");
    std::fs::create_dir(&busy).expect("a directory");
    std::fs::create_dir(tree.join("z")).expect("a directory");
    let bind = nix::mount::MsFlags::MS_BIND;
    nix::mount::mount(Some(&other), &busy, None::<&str>, bind, None::<&str>).expect("mount");
    let left = ledger.undo();
    let kept = other.join("kept").exists();
    nix::mount::umount(&busy).expect("umount");
    assert!(kept, "a file on what was mounted in the workspace was removed");
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(leftover(&left[0]).contains("tree") && leftover(&left[0]).contains("busy"), "{left:?}");
    assert!(!tree.join("z").exists() && !tree.join("d/d").exists(), "not all of it was tried");
    assert!(ledger.path().exists(), "the ledger is gone, and something is left");
    assert_eq!(ledger.undo(), []);
    assert!(!tree.exists() && !ledger.path().exists());
}

/// A hierarchy in which this user can make a cgroup.
fn hierarchy(name: &str) -> Option<PathBuf> {
    let made = |mount: &PathBuf| std::fs::create_dir(mount.join(name)).is_ok();
    leftover::cgroup_mounts().into_iter().find(made).map(|mount| mount.join(name))
}

#[test]
fn cgroups_beyond_the_length_of_a_path_are_removed() {
    few_descriptors();
    let name = format!("isolab-{}-0", std::process::id());
    let Some(group) = hierarchy(&name) else {
        return skip("cgroups one in the other", "there is no hierarchy in which this user can make one");
    };
    note(&format!("  in {}", group.display()));
    let scratch = Scratch::new();
    let ledger = ledger(&scratch, &LedgerEntry::Cgroup(group.clone()));
    let long = "n".repeat(200);
    let mut at = openat(CWD, &group, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .expect("open");
    for _ in 0..60 {
        at = directory(&at, long.as_bytes());
    }
    drop(at);
    assert_eq!(ledger.undo(), []);
    assert!(group.symlink_metadata().is_err(), "{} is left", group.display());
}

/// With a umask that takes all from its owner, a ledger can still be opened by those who look for it.
#[test]
fn a_umask_closes_no_ledger() {
    also_as_an_ordinary_user("a_umask_closes_no_ledger");
    let scratch = Scratch::new();
    let before = rustix::process::umask(Mode::from_raw_mode(0o777));
    let made = Ledger::create(&scratch.file("test.ledger"));
    rustix::process::umask(before);
    let ledger = made.expect("a ledger");
    Ledger::join(ledger.path()).expect("the lab joins its guardian's ledger");
    drop(ledger);
    // One that was cut off between the two calls that make it.
    let path = scratch.file("test.ledger");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("chmod");
    let taken = Ledger::take_over(&path).expect("open").expect("nobody holds it");
    assert_eq!(taken.undo(), []);
    let there = rustix::fs::statat(CWD, OsStr::from_bytes(path.as_os_str().as_bytes()), AtFlags::empty());
    assert!(there.is_err(), "the ledger is left");
}
