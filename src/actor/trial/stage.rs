//! Where trials make their calls. They are made by the lessons' own functions: a box is entered as boxes enter, and verbs are carried out by the boxes' executor.

use crate::actor::birth;
use crate::actor::execute::{BoxState, Failure, execute};
use crate::actor::ledger::{self, Ledger, LedgerEntry};
use crate::actor::place::Around;
use crate::actor::protocol::Birth;
use crate::actor::scene::Scene;
use crate::kernel::raw::{self, Forked};
use crate::kernel::{Error, file, namespace, process};
use crate::model::Errno;
use crate::probe::View;
use crate::vocabulary::verb::{Propagation, Unshare};
use crate::vocabulary::{Many, Ns, Verb};
use nix::sched::CloneFlags;
use nix::sys::wait::WaitStatus;
use rustix::fs::OFlags;
use std::io::{PipeReader, Read, Write};
use std::path::Path;

/// The first word of a successful trial.
pub(super) const WELL: &str = "ok";

/// The reason why a trial did not succeed.
pub(super) enum Stop {
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

pub(super) type Result = std::result::Result<(), Stop>;

/// The line for the caller: operation, object and error number, or the negative number of a signal.
pub(super) fn line(result: &Result) -> String {
    match result {
        Ok(()) => format!("{WELL}\n"),
        Err(Stop::Refused(e)) => format!("{}\t{}\t{}\n", e.operation, e.object, e.errno.0),
        Err(Stop::Killed(signal)) => format!("try\ta process\t-{signal}\n"),
    }
}

/// An unprivileged writer of `gid_map` must have given up setgroups before (`user_namespaces(7)`).
pub(super) fn map(of: &str, unprivileged: bool, uid: u32, gid: u32) -> std::result::Result<(), Error> {
    let file = |name: &str| Path::new("/proc").join(of).join(name);
    if unprivileged {
        file::set(&file("setgroups"), "deny")?;
    }
    file::set(&file("uid_map"), &format!("0 {uid} 1"))?;
    file::set(&file("gid_map"), &format!("0 {gid} 1"))
}

/// Runs something where the boxes of a run are: one process makes the run's user namespace and holds it, another one joins it.
pub(super) fn as_box(id: u32, what: impl FnOnce() -> Result) -> Result {
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
    let birth = Birth { user_of: Some(anchor.as_raw()), id: Some(0), ..Birth::default() };
    let result = in_child(CloneFlags::empty(), || {
        birth::enter(&birth)?;
        what()
    });
    drop(release);
    let _ = nix::sys::wait::waitpid(anchor, None);
    result
}

/// The same in a directory like a workspace, on the same filesystem. It is entered in a ledger, so that the next start removes it if this process is
/// killed.
pub(super) fn on_stage(id: u32, verbs: &[Verb]) -> Result {
    // The runs of a lab are numbered from 1.
    let run = format!("{}{}-0", ledger::PREFIX, std::process::id());
    let (path, workspace) = (ledger::path_of(&run), ledger::workspace_of(&run));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |e: std::io::Error| Stop::Refused(Error::new("create", path.display(), Errno::of(&e)))
    };
    let mut ledger = Ledger::create(&path).map_err(failed(&path))?;
    let result =
        ledger.note(&LedgerEntry::Workspace(workspace.clone())).map_err(failed(&path)).and_then(|()| {
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
    if left.is_empty() {
        return Ok(());
    }
    Err(Stop::Refused(Error::new("remove", workspace.display(), Errno(libc::EBUSY))))
}

/// A mount namespace from which no mounts propagate.
pub(super) fn apart() -> [Verb; 2] {
    [Unshare(Many(vec![Ns::Mount])).into(), Propagation::Private("/".to_owned()).into()]
}

pub(super) fn text(word: &str) -> String {
    word.to_owned()
}

/// Carries out verbs as a box does.
pub(super) fn acts(view: &View, verbs: &[Verb]) -> Result {
    let scene = Scene { view: view.clone(), ..Scene::default() };
    let proc = file::open(Path::new("/proc"), OFlags::PATH | OFlags::DIRECTORY, 0)?;
    let around = Around::default();
    let mut state = BoxState::new(proc, around);
    for verb in verbs {
        execute(verb, &scene, &mut state)?;
    }
    Ok(())
}

pub(super) fn pipe() -> std::result::Result<(PipeReader, std::io::PipeWriter), Stop> {
    std::io::pipe().map_err(|e| Stop::Refused(Error::new("pipe", "", Errno::of(&e))))
}

/// Waits until the other side is closed.
pub(super) fn wait_for_end(mut pipe: PipeReader) {
    let _ = pipe.read(&mut [0]);
}

pub(super) fn say(mut pipe: std::io::PipeWriter, result: &Result) {
    let _ = pipe.write_all(line(result).as_bytes());
}

/// Reads a child's result.
pub(super) fn hear(pipe: &mut PipeReader) -> Result {
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
pub(super) fn in_child(new: CloneFlags, what: impl FnOnce() -> Result) -> Result {
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
