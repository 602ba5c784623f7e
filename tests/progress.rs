//! What a person has done is kept: whole, by one's own rights, beside what another lab does at the same time.

mod common;

use common::{NOBODY, Scratch, is_root, skip};
use isolab::progress::{Done, Progress, Store, Surroundings};
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// A home, and who opens it.
struct Home {
    scratch: Scratch,
    sudo: bool,
}

impl Home {
    fn new() -> Self {
        Home { scratch: Scratch::new(), sudo: false }
    }

    /// Root's lab, called by an ordinary user to whom the home belongs.
    fn under_sudo() -> Option<Self> {
        if !is_root() {
            skip("progress under sudo", "only root can be somebody else");
            return None;
        }
        let home = Home { scratch: Scratch::new(), sudo: true };
        chown(home.path(), Some(NOBODY), Some(NOBODY)).expect("chown");
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).expect("chmod");
        Some(home)
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }

    fn open(&self) -> (Store, Progress, Vec<String>) {
        let id = NOBODY.to_string();
        let var = |name: &str| match name {
            "HOME" => Some(OsString::from(self.path())),
            "SUDO_UID" | "SUDO_GID" if self.sudo => Some(OsString::from(&id)),
            _ => None,
        };
        let user = |_| Some(("nobody".to_owned(), self.path().to_owned()));
        let euid = nix::unistd::geteuid().as_raw();
        Store::open_in(&Surroundings { euid, var: &var, user: &user })
    }

    fn quiet(&self) -> (Store, Progress) {
        let (store, progress, notices) = self.open();
        assert!(notices.is_empty(), "{notices:?}");
        (store, progress)
    }

    fn directory(&self) -> PathBuf {
        self.path().join(".local/state/isolab")
    }

    fn file(&self) -> PathBuf {
        self.directory().join("progress.json")
    }

    /// A home in which there is this file already.
    fn with_file(self, content: &str) -> Self {
        fs::create_dir_all(self.directory()).expect("mkdir");
        fs::write(self.file(), content).expect("write");
        self
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory()).expect("the directory").flatten();
        let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn some() -> Progress {
    let mut progress = Progress { first_start: true, ..Progress::default() };
    progress.opened("uts", "look");
    progress.done("uts", "look", Done::Watched);
    progress.done("uts", "rename", Done::ByHand);
    progress.predicted("uts", "rename", vec!["kernel".into()], true);
    progress.finished("uts");
    progress
}

#[test]
fn what_was_saved_is_there_again_and_for_nobody_else() {
    let home = Home::new();
    let (mut store, nothing) = home.quiet();
    assert_eq!(nothing, Progress::default());
    assert!(!home.path().join(".local").exists(), "opening makes nothing");
    store.save(&some()).expect("saved");
    assert_eq!(home.quiet().1, some());
    let mode = |path: &Path| fs::metadata(path).expect("stat").mode() & 0o7777;
    assert_eq!((mode(&home.file()), mode(&home.directory())), (0o600, 0o700));
    assert_eq!(mode(&home.path().join(".local")), 0o700);
    assert_eq!(home.names(), ["progress.json", "progress.lock"]);
}

#[test]
fn a_damaged_file_is_kept_under_another_name_and_named() {
    let home = Home::new().with_file("{ \"format\": 1, \"lessons\": { \"uts\"");
    let (mut store, progress, notices) = home.open();
    assert_eq!(progress, Progress::default());
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    let kept = home.names().into_iter().find(|n| n.starts_with("progress.json.damaged-")).expect("kept");
    assert!(notice.contains(&kept) && notice.contains("progress starts from the beginning"), "{notice}");
    let text = fs::read_to_string(home.directory().join(&kept)).expect("read");
    assert_eq!(text, "{ \"format\": 1, \"lessons\": { \"uts\"");
    // It may also happen while a lab is open, and twice in a second.
    fs::write(home.file(), "x").expect("write");
    store.save(&some()).expect("saved");
    assert_eq!(home.names().iter().filter(|n| n.contains("damaged-")).count(), 2);
    assert_eq!(home.quiet().1, some());
}

#[test]
fn a_newer_format_is_left_alone() {
    let newer = r#"{ "format": 2, "lessons": "otherwise" }"#;
    let home = Home::new().with_file(newer);
    let (mut store, progress, notices) = home.open();
    assert_eq!(progress, Progress::default());
    assert!(notices.len() == 1 && notices[0].contains("format 2 of a later isolab"), "{notices:?}");
    store.save(&some()).expect("nothing to be done, as was said");
    let error = store.reset(&[]).expect_err("nothing can be cleared").to_string();
    assert!(error.contains("format 2"), "{error}");
    assert_eq!(fs::read_to_string(home.file()).expect("read"), newer);
    // Made by a later one while this one was open.
    let home = Home::new();
    let (mut store, _) = home.quiet();
    let home = home.with_file(newer);
    assert!(store.save(&some()).expect_err("not over it").to_string().contains("format 2"));
    assert_eq!(fs::read_to_string(home.file()).expect("read"), newer);
}

#[test]
fn labs_at_the_same_time_lose_nothing() {
    const LABS: usize = 6;
    const STEPS: usize = 12;
    let home = Home::new();
    std::thread::scope(|scope| {
        for lab in 0..LABS {
            let home = &home;
            scope.spawn(move || {
                let (mut store, mut progress) = home.quiet();
                for step in 0..STEPS {
                    // One lesson of its own, and one that all of them do.
                    progress.done(&format!("own{lab}"), &format!("s{step}"), Done::Watched);
                    progress.done("all", &format!("lab{lab}-{step}"), Done::ByHand);
                    store.save(&progress).expect("saved");
                }
            });
        }
    });
    let (_, progress) = home.quiet();
    assert_eq!(progress.lesson("all").expect("the lesson of all").steps.len(), LABS * STEPS);
    for lab in 0..LABS {
        assert_eq!(progress.lesson(&format!("own{lab}")).expect("its own").steps.len(), STEPS);
    }
    assert_eq!(home.names(), ["progress.json", "progress.lock"]);
}

#[test]
fn clearing_says_what_it_cleared() {
    let home = Home::new();
    let (mut store, _) = home.quiet();
    assert_eq!(store.reset(&[]).expect("nothing"), (Progress::default(), 0));
    assert!(!home.path().join(".local").exists(), "clearing nothing makes nothing");
    let mut progress = some();
    progress.done("pid", "look", Done::Watched);
    store.save(&progress).expect("saved");
    let (taken, _) = store.reset(&["uts".to_owned(), "net".to_owned()]).expect("cleared");
    assert_eq!(taken.lessons.keys().collect::<Vec<_>>(), ["uts"]);
    let (mut store, rest) = home.quiet();
    let (mut other, _) = home.quiet();
    assert_eq!(rest.lessons.keys().collect::<Vec<_>>(), ["pid"]);
    assert_eq!(store.reset(&[]).expect("cleared").0.lessons.len(), 1);
    assert!(!home.file().exists());
    // A lab that was open meanwhile does not bring back what it had only read.
    other.save(&rest).expect("saved");
    assert_eq!(home.quiet().1, Progress::default());
}

#[test]
fn a_lock_that_is_held_and_a_pipe_end_the_waiting() {
    let home = Home::new().with_file("");
    fs::remove_file(home.file()).expect("unlink");
    let lock = File::create(home.directory().join("progress.lock")).expect("the lock");
    lock.lock().expect("flock");
    let (mut store, _) = home.quiet();
    let error = store.save(&some()).expect_err("locked").to_string();
    assert!(error.contains("another isolab holds it"), "{error}");
    assert!(!home.file().exists());
    drop(lock);
    store.save(&some()).expect("free again");
    fs::remove_file(home.file()).expect("unlink");
    nix::unistd::mkfifo(&home.file(), nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
    let (_, _, notices) = home.open();
    assert!(notices.len() == 1 && notices[0].contains("not a regular file"), "{notices:?}");
    let kept = home.names().into_iter().find(|n| n.contains("damaged-")).expect("kept");
    assert!(fs::metadata(home.directory().join(kept)).expect("stat").file_type().is_fifo());
}

#[test]
fn under_sudo_files_belong_to_who_called() {
    let Some(home) = Home::under_sudo() else { return };
    let (mut store, _) = home.quiet();
    store.save(&some()).expect("saved");
    for path in [home.path().join(".local"), home.directory(), home.file()] {
        let meta = fs::metadata(&path).expect("stat");
        assert_eq!((meta.uid(), meta.gid()), (NOBODY, NOBODY), "{}", path.display());
    }
    assert_eq!(home.quiet().1, some());
    // Only the thread that wrote was somebody else, and the process can still be read by its own boxes' keeper.
    let status = fs::read_to_string("/proc/thread-self/status").expect("read");
    let uids = status.lines().find(|l| l.starts_with("Uid:")).expect("uids");
    assert_eq!(uids.split_whitespace().skip(1).collect::<Vec<_>>(), ["0"; 4]);
    // Another test may just be writing.
    let dumpable = || nix::sys::prctl::get_dumpable().expect("prctl").then_some(());
    common::wait_for(std::time::Duration::from_secs(10), dumpable).expect("dumpable again");
}

#[test]
fn under_sudo_links_lead_nowhere_that_the_user_may_not_go() {
    let Some(home) = Home::under_sudo() else { return };
    let roots = Scratch::new();
    fs::set_permissions(roots.path(), Permissions::from_mode(0o755)).expect("chmod");
    let secret = roots.file("secret");
    fs::write(&secret, "{ \"format\": 1 }").expect("write");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("chmod");
    let whole = |path: &Path| chown(path, Some(NOBODY), Some(NOBODY)).expect("chown");
    // The directory is one of root's.
    let state = home.path().join("state");
    fs::create_dir(&state).expect("mkdir");
    whole(&state);
    fs::create_dir(home.path().join(".local")).expect("mkdir");
    whole(&home.path().join(".local"));
    symlink(&state, home.path().join(".local/state")).expect("symlink");
    symlink(roots.path(), state.join("isolab")).expect("symlink");
    let (mut store, _, notices) = home.open();
    assert!(notices.len() == 1 && notices[0].contains("EACCES"), "{notices:?}");
    store.save(&some()).expect("nothing is saved, as was said");
    // The file is one of root's, in a directory that the user reaches by a link that is his good right.
    fs::remove_file(state.join("isolab")).expect("unlink");
    fs::create_dir(state.join("isolab")).expect("mkdir");
    whole(&state.join("isolab"));
    symlink(&secret, home.file()).expect("symlink");
    let (_, progress, notices) = home.open();
    assert_eq!(progress, Progress::default());
    assert!(notices.len() == 1 && notices[0].contains("EACCES"), "{notices:?}");
    fs::remove_file(home.file()).expect("unlink");
    symlink(&secret, state.join("isolab/progress.json.new")).expect("symlink");
    let (mut store, _) = home.quiet();
    store.save(&some()).expect("saved in its place");
    assert_eq!(fs::read_to_string(&secret).expect("read"), "{ \"format\": 1 }");
    let names: Vec<_> = fs::read_dir(roots.path()).expect("list").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, ["secret"]);
    assert_eq!(home.quiet().1, some());
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    let Some(home) = Home::under_sudo() else { return };
    chown(home.path(), Some(0), Some(0)).expect("chown");
    let (mut store, progress, notices) = home.open();
    assert!(notices.len() == 1 && notices[0].contains("no progress is saved: write to"), "{notices:?}");
    assert_eq!(progress, Progress::default());
    store.save(&some()).expect("goes on without");
    assert!(store.file().is_none() && !home.path().join(".local").exists());
}
