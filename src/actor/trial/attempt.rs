//! The calls of each trial. They are made by the lessons' own functions: a box is entered as boxes enter, and verbs are carried out by the boxes' executor.

use super::Trial;
use crate::actor::boxed::Boxed;
use crate::actor::confinement;
use crate::actor::execute::{Failure, Kept, execute};
use crate::actor::ledger::{self, Entry, Ledger};
use crate::actor::place::Around;
use crate::actor::protocol::Birth;
use crate::actor::scene::Scene;
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, file, identity, link, namespace, process};
use crate::model::Errno;
use crate::probe::View;
use crate::vocabulary::action::{Bind, Mount, Overlay, Pivot, Propagation, Remount, Tmpfs, Umount};
use crate::vocabulary::{Ability, Many, Ns, One, Verb};
use nix::sched::CloneFlags;
use nix::sys::wait::WaitStatus;
use rustix::fs::{Mode, OFlags};
use std::collections::BTreeMap;
use std::io::{PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

/// The first word of a successful trial.
pub(super) const WELL: &str = "ok";
/// How much is read again after it was dropped from memory: 64 KiB.
const SAMPLE: usize = 64 << 10;

/// Descriptors that the guardian holds for each process of a run, and others that lab and guardian have, generously.
const DESCRIPTORS_EACH: u32 = 4;
const DESCRIPTORS: u32 = 32;

/// The reason why a trial did not succeed.
enum Stop {
    Refused(Error),
    /// This signal killed a process of the trial.
    Killed(i32),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Stop::Refused(e)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Kernel(e) => Stop::Refused(e),
            // A trial requests nothing that the guard or the executor has a reason to refuse.
            Failure::Refused(why) => Stop::Refused(Error::new("try", why, Errno(libc::EINVAL))),
        }
    }
}

type Result = std::result::Result<(), Stop>;

/// The line for the caller: operation, object and error number, or the negative number of a signal.
fn line(result: &Result) -> String {
    match result {
        Ok(()) => format!("{WELL}\n"),
        Err(Stop::Refused(e)) => format!("{}\t{}\t{}\n", e.operation, e.object, e.errno.0),
        Err(Stop::Killed(signal)) => format!("try\ta process\t-{signal}\n"),
    }
}

/// Makes a trial; returns the line with its result.
pub(super) fn attempt(trial: Trial, id: u32) -> String {
    // The trial must be able to open what it makes, whatever the starter's umask.
    rustix::process::umask(Mode::from_raw_mode(0o022));
    line(&go(trial, id))
}

fn go(trial: Trial, id: u32) -> Result {
    let new = |ns: Ns| as_box(id, || Ok(namespace::unshare(ns.flag())?));
    let ability = match trial {
        Trial::Of(ability) => ability,
        Trial::Processes(amount) => return as_box(id, || all_at_once(amount)),
    };
    match ability {
        // AppArmor lets the namespace be made and takes its capabilities away; only using one shows it.
        Ability::User | Ability::Uts => as_box(id, || {
            namespace::unshare(CloneFlags::CLONE_NEWUTS)?;
            Ok(identity::sethostname("trial")?)
        }),
        Ability::OrdinaryUser => ordinary(id),
        Ability::Pid => as_box(id, || {
            acts(&View::default(), &apart())?;
            in_child(CloneFlags::CLONE_NEWPID, || {
                acts(&View::default(), &[Verb::Mount(Mount::Proc("/proc".to_owned()))])
            })
        }),
        Ability::Mount => on_stage(id, &mounts()),
        Ability::PivotRoot => on_stage(id, &pivot()),
        Ability::Overlay => on_stage(id, &layers()),
        Ability::Net => new(Ns::Net),
        Ability::Ipc => new(Ns::Ipc),
        Ability::Cgroup => new(Ns::Cgroup),
        Ability::Time => new(Ns::Time),
        Ability::Veth => as_box(id, || {
            namespace::unshare(CloneFlags::CLONE_NEWNET)?;
            let own = file::open(Path::new("/proc/self/ns/net"), OFlags::RDONLY, 0)?;
            Ok(link::veth("trial0", "trial1", own.as_fd())?)
        }),
        Ability::Confinement => {
            let plan = confinement::trial::plan()?;
            as_box(id, || Ok(confinement::trial::build(&plan)?))
        }
        Ability::PageCache => page_cache(),
    }
}

/// As a run of an ordinary user, and as a box with `user: host`.
fn ordinary(id: u32) -> Result {
    if rustix::process::geteuid().is_root() {
        identity::clear_groups()?;
        identity::setgid(id)?;
        identity::setuid(id)?;
        process::stay_readable();
        process::die_with_parent();
    }
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    namespace::unshare(CloneFlags::CLONE_NEWUSER)?;
    map("self", true, uid, gid)?;
    namespace::unshare(CloneFlags::CLONE_NEWUTS)?;
    Ok(identity::sethostname("trial")?)
}

/// An unprivileged writer of `gid_map` must have given up setgroups before (`user_namespaces(7)`).
fn map(of: &str, unprivileged: bool, uid: u32, gid: u32) -> std::result::Result<(), Error> {
    let file = |name: &str| Path::new("/proc").join(of).join(name);
    if unprivileged {
        file::set(&file("setgroups"), "deny")?;
    }
    file::set(&file("uid_map"), &format!("0 {uid} 1"))?;
    file::set(&file("gid_map"), &format!("0 {gid} 1"))
}

/// Runs something where the boxes of a run are: one process makes the run's user namespace and holds it, another one joins it.
fn as_box(id: u32, what: impl FnOnce() -> Result) -> Result {
    let root = rustix::process::geteuid().is_root();
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let (mut told, tell) = pipe()?;
    let (hold, release) = pipe()?;
    let Forked::Parent(anchor) = process::fork(CloneFlags::empty())? else {
        process::die_with_parent();
        drop((told, release));
        let made = namespace::unshare(CloneFlags::CLONE_NEWUSER)
            .map_err(Stop::from)
            .and_then(|()| if root { Ok(()) } else { Ok(map("self", true, uid, gid)?) });
        say(tell, &made);
        wait_for_end(hold);
        raw::exit_now(0);
    };
    drop((tell, hold));
    hear(&mut told)?;
    if root {
        map(&anchor.to_string(), false, id, id)?;
    }
    let birth = Birth { user_of: Some(anchor.as_raw()), id: Some(0), new: Many(Vec::new()) };
    let result = in_child(CloneFlags::empty(), || {
        Boxed::enter(&birth)?;
        what()
    });
    drop(release);
    let _ = nix::sys::wait::waitpid(anchor, None);
    result
}

/// The same in a directory like a workspace, on the same filesystem. It is entered in a ledger, so that the next start removes it if this process is
/// killed.
fn on_stage(id: u32, verbs: &[Verb]) -> Result {
    // The runs of a lab are numbered from 1.
    let run = format!("{}{}-0", ledger::PREFIX, std::process::id());
    let (path, workspace) = (ledger::path_of(&run), ledger::workspace_of(&run));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |e: std::io::Error| Stop::Refused(Error::new("create", path.display(), Errno::of(&e)))
    };
    let mut ledger = Ledger::create(&path).map_err(failed(&path))?;
    let result = ledger.note(&Entry::Workspace(workspace.clone())).map_err(failed(&path)).and_then(|()| {
        file::mkdir(&workspace, 0o700)?;
        if rustix::process::geteuid().is_root() {
            file::chown(&workspace, id, id)?;
        }
        let view = View { workspace: workspace.clone(), ..View::default() };
        as_box(id, || {
            acts(&view, &apart())?;
            acts(&view, verbs)
        })
    });
    let left = ledger.undo();
    result?;
    match left.first() {
        None => Ok(()),
        Some(left) => Err(Stop::Refused(Error::new("undo", left, Errno(libc::EBUSY)))),
    }
}

/// A mount namespace from which no mounts propagate.
fn apart() -> [Verb; 2] {
    [Verb::Unshare(Many(vec![Ns::Mount])), Verb::Propagation(Propagation::Private("/".to_owned()))]
}

fn text(word: &str) -> String {
    word.to_owned()
}

fn tmpfs(at: &str) -> Verb {
    Verb::Mount(Mount::Tmpfs(Tmpfs { at: text(at), size: None }))
}

fn mounts() -> Vec<Verb> {
    let bind = Bind { from: text("a"), at: text("b"), recursive: false, read_only: false };
    vec![
        Verb::Mkdir(Many(vec![text("a"), text("b")])),
        tmpfs("a"),
        Verb::Mount(Mount::Bind(bind)),
        Verb::Remount(Remount::ReadOnly(text("b"))),
        Verb::Umount(Umount { at: text("b"), detach: None }),
    ]
}

fn pivot() -> Vec<Verb> {
    vec![
        Verb::Mkdir(Many(vec![text("new")])),
        tmpfs("new"),
        Verb::Chdir(text("new")),
        Verb::PivotRoot(Pivot { new: text("."), old: text(".") }),
        Verb::Umount(Umount { at: text("."), detach: Some(true) }),
    ]
}

/// A copied file, a deleted file and a directory in the place of a deleted one: each is stored differently in the filesystem below `upper`.
fn layers() -> Vec<Verb> {
    let files = |names: &[&str]| names.iter().map(|n| (text(n), text("trial\n"))).collect();
    let overlay = Overlay {
        lower: Many(vec![text("lower")]),
        upper: Some(text("upper")),
        work: Some(text("work")),
        at: text("merged"),
    };
    vec![
        Verb::Mkdir(Many(["lower", "upper", "work", "merged", "lower/cache"].map(text).to_vec())),
        Verb::Write(files(&["lower/file", "lower/doomed", "lower/cache/old"])),
        Verb::Mount(Mount::Overlay(overlay)),
        Verb::Append(files(&["merged/file"])),
        Verb::Chmod(One(text("merged/file"), text("600"))),
        Verb::Remove(text("merged/doomed")),
        Verb::Remove(text("merged/cache")),
        Verb::Mkdir(Many(vec![text("merged/cache")])),
        Verb::Umount(Umount { at: text("merged"), detach: None }),
    ]
}

/// Carries out verbs as a box does.
fn acts(view: &View, verbs: &[Verb]) -> Result {
    let scene = Scene { view: view.clone(), ..Scene::default() };
    let proc = file::open(Path::new("/proc"), OFlags::PATH | OFlags::DIRECTORY, 0)?;
    let around = Around::default();
    let mut kept = Kept { proc, held: BTreeMap::new(), sockets: Vec::new(), outside: None, around };
    for verb in verbs {
        execute(verb, &scene, &mut kept)?;
    }
    Ok(())
}

/// Whether pages of a file in the place of the workspaces can leave memory. On tmpfs they cannot, and to a cgroup they are memory like any other.
fn page_cache() -> Result {
    let home = Path::new(ledger::HOME);
    let failed = |operation: &'static str| {
        move |e: rustix::io::Errno| Stop::Refused(Error::new(operation, home.display(), e))
    };
    let kind = rustix::fs::statfs(home).map_err(failed("statfs"))?.f_type as u64;
    let in_memory =
        || Err(Stop::Refused(Error::new("drop the pages of a file in", home.display(), Errno(libc::ENODEV))));
    match kind {
        TMPFS | RAMFS => in_memory(),
        // Its files are on another filesystem. A read without waiting succeeds only if the page is still in memory (`preadv2(2)`).
        OVERLAY => {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            let file = rustix::fs::open(home, flags, Mode::RUSR | Mode::WUSR).map_err(failed("open"))?;
            std::fs::File::from(file.try_clone().map_err(|e| io_error(&e))?)
                .write_all(&vec![0x5a; SAMPLE])
                .map_err(|e| io_error(&e))?;
            rustix::fs::fdatasync(&file).map_err(failed("fdatasync"))?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).map_err(failed("fadvise"))?;
            let mut buffer = [0; 1];
            let mut into = [std::io::IoSliceMut::new(&mut buffer)];
            match rustix::io::preadv2(&file, &mut into, 0, rustix::io::ReadWriteFlags::NOWAIT) {
                Err(rustix::io::Errno::AGAIN) => Ok(()),
                _ => in_memory(),
            }
        }
        _ => Ok(()),
    }
}

/// Filesystem types as `statfs(2)` numbers them (`linux/magic.h`).
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;
const OVERLAY: u64 = 0x794c_7630;

/// Checks that this many processes can live at once, as children of this one, with as many open descriptors as a run has for them.
fn all_at_once(amount: u32) -> Result {
    let (hold, release) = pipe()?;
    let mut open = Vec::new();
    for _ in 0..amount.saturating_mul(DESCRIPTORS_EACH).saturating_add(DESCRIPTORS) {
        let copy = hold.try_clone();
        open.push(copy.map_err(|e| Stop::Refused(Error::new("dup", "a descriptor", Errno::of(&e))))?);
    }
    let mut made = Vec::new();
    let mut result = Ok(());
    for _ in 0..amount {
        match process::fork(CloneFlags::empty()) {
            Ok(Forked::Parent(pid)) => made.push(pid),
            Ok(Forked::Child) => {
                process::die_with_parent();
                drop(release);
                wait_for_end(hold);
                raw::exit_now(0);
            }
            Err(e) => {
                result = Err(e.into());
                break;
            }
        }
    }
    drop((hold, release, open));
    for pid in made {
        let _ = nix::sys::wait::waitpid(pid, None);
    }
    result
}

fn io_error(e: &std::io::Error) -> Stop {
    Stop::Refused(Error::new("write", ledger::HOME, Errno::of(e)))
}

fn pipe() -> std::result::Result<(PipeReader, std::io::PipeWriter), Stop> {
    std::io::pipe().map_err(|e| Stop::Refused(Error::new("pipe", "", Errno::of(&e))))
}

/// Waits until the other side is closed.
fn wait_for_end(mut pipe: PipeReader) {
    let _ = pipe.read(&mut [0]);
}

fn say(mut pipe: std::io::PipeWriter, result: &Result) {
    let _ = pipe.write_all(line(result).as_bytes());
}

/// Reads a child's result.
fn hear(pipe: &mut PipeReader) -> Result {
    let mut text = String::new();
    let _ = pipe.read_to_string(&mut text);
    let mut words = text.trim_end().split('\t');
    match (words.next(), words.next(), words.next().and_then(|n| n.parse::<i32>().ok())) {
        (Some(WELL), _, _) => Ok(()),
        (Some(operation), Some(object), Some(number)) if number >= 0 => {
            Err(Stop::Refused(Error::new(operation, object, Errno(number))))
        }
        (Some(_), Some(_), Some(number)) => Err(Stop::Killed(-number)),
        _ => Err(Stop::Refused(Error::new("wait for", "a process", Errno(libc::ESRCH)))),
    }
}

/// Runs something in a child, made with these namespaces.
fn in_child(new: CloneFlags, what: impl FnOnce() -> Result) -> Result {
    let (mut told, tell) = pipe()?;
    let Forked::Parent(pid) = process::fork(new)? else {
        process::die_with_parent();
        drop(told);
        say(tell, &what());
        raw::exit_now(0);
    };
    drop(tell);
    let heard = hear(&mut told);
    match nix::sys::wait::waitpid(pid, None) {
        Ok(WaitStatus::Signaled(_, signal, _)) => Err(Stop::Killed(signal as i32)),
        _ => heard,
    }
}
