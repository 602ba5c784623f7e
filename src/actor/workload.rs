//! A workload's life between fork and exit: it joins its cgroup before anything else, is capped, says hello, works, and says how far it is.

use super::frame::{self, Connection};
use super::protocol::{FromBox, SEND_DEADLINE};
use super::scene::Scene;
use crate::kernel::{Error, cgroup, marker, process, record, socket};
use crate::model::{Call, Errno};
use crate::vocabulary::Work;
use crate::vocabulary::value::SocketName;
use crate::workload::{Announcement, Given, Spec, caps, run};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::time::Instant;

/// What a workload has to say when it is prepared: 0 or the errno that stopped it, and its own report of the calls that led there.
pub type Prepared = (i32, Vec<Call>);

/// Everything from the fork on; gives the exit status. `ready` takes [`Prepared`] when the workload is prepared, and four bytes, 0, when it does what it is
/// there for.
pub fn live(work: &Work, scene: &Scene, guardian: &mut Connection, mut ready: std::io::PipeWriter) -> i32 {
    record::start();
    let prepared = prepare(work, scene);
    // From here on its calls are no part of the action that started it.
    marker::end();
    let told: Prepared = (prepared.as_ref().map_or_else(|e| e.errno.0, |_| 0), record::take());
    if tell(&mut ready, &told).is_err() {
        return 1;
    }
    let Ok((spec, listener)) = prepared else { return 1 };
    if caps::apply(&spec, caps::Caps::default()).is_err() {
        return 1;
    }
    if guardian.send(&FromBox::Hello, SEND_DEADLINE).is_err() {
        return 1;
    }
    let given = Given { directory: Some(&scene.view.workspace), listener };
    let mut told = false;
    let worked = run(&spec, given, &mut |announcement| match announcement {
        Announcement::Ready => {
            if !std::mem::replace(&mut told, true) {
                let _ = ready.write_all(&0i32.to_ne_bytes());
            }
        }
        Announcement::Taken(bytes) => {
            let _ = guardian.send(&FromBox::Took { bytes }, SEND_DEADLINE);
        }
        Announcement::Forked { made, failed } => {
            let _ = guardian.send(&FromBox::Forked { made, failed }, SEND_DEADLINE);
        }
    });
    i32::from(worked.is_err())
}

/// The length in four bytes, and the message as JSON.
fn tell(ready: &mut std::io::PipeWriter, prepared: &Prepared) -> std::io::Result<()> {
    let text = serde_json::to_vec(prepared)?;
    ready.write_all(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_ne_bytes())?;
    ready.write_all(&text)
}

/// Reads [`live`]'s first message at the other end; `None` if the workload died before it, or did not send it in time.
pub fn hear(ready: &std::io::PipeReader, until: Instant) -> Option<Prepared> {
    let mut length = [0u8; 4];
    frame::read_exact_by(ready, &mut length, until).ok()?;
    let length = u32::from_ne_bytes(length) as usize;
    let mut text = vec![0; Some(length).filter(|l| *l <= frame::MOST)?];
    frame::read_exact_by(ready, &mut text, until).ok()?;
    serde_json::from_slice(&text).ok()
}

/// What belongs to the action that starts it: the cgroup is joined before the first page is touched, the port is taken before it serves.
fn prepare(work: &Work, scene: &Scene) -> crate::kernel::Result<(Spec, Option<OwnedFd>)> {
    let invalid = |what: String| Error::new("start", what, Errno(libc::EINVAL));
    let spec = Spec::of(work).map_err(invalid)?;
    if let Some(name) = work.cgroup() {
        let group = scene.view.groups.get(name).ok_or_else(|| invalid(format!("no cgroup {name}")))?;
        cgroup::join(&group.directories(), 0)?;
    }
    if let Work::Busyloop(w) = work
        && let Some(count) = w.cpus
    {
        process::set_affinity(&scene.cpus[..scene.cpus.len().min(count as usize)])?;
    }
    let listener = match work {
        Work::TcpServer(w) => Some(socket::listen(w.port)?),
        Work::UnixListener(w) => Some(match &w.at {
            SocketName::Abstract(name) => socket::listen_at_name(name)?,
            SocketName::Path(path) => socket::listen_at_path(&scene.view.resolve(path))?,
        }),
        Work::Busyloop(_) | Work::Memhog(_) | Work::Filereader(_) | Work::Forker(_) => None,
    };
    Ok((spec, listener))
}
