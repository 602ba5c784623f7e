//! System V objects and POSIX message queues of the caller's IPC namespace (`sysvipc(7)`, `mq_overview(7)`).

use super::record::{call, done};
use super::{Error, Result, raw};
use crate::calls::{self, structure, word};
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_close, mq_open};
use nix::sys::stat::Mode;

/// What the lab makes, only its own user may use.
const MODE: libc::c_int = 0o600;
/// The type of the lab's messages; a queue has no other.
const TYPE: libc::c_long = 1;
/// How many messages a POSIX queue holds.
const MESSAGES: i64 = 10;
/// How long each may be, in bytes.
const BYTES: i64 = 1024;

/// The flags of a `…get` call.
fn flags(create: bool) -> libc::c_int {
    if create { libc::IPC_CREAT | MODE } else { 0 }
}

fn shown(flags: libc::c_int) -> String {
    word::ipc_flags(u64::from(flags.cast_unsigned()))
}

fn key_shown(key: u32) -> String {
    word::hex(u64::from(key))
}

/// Notes a call that gives an id, and names its object by the key in an error.
fn got(name: &str, args: &[String], key: u32, result: std::result::Result<i32, Errno>) -> Result<i32> {
    let result = call(name, args, result.map(i64::from));
    result
        .and_then(|id| i32::try_from(id).map_err(|_| Errno::ERANGE))
        .map_err(|e| Error::new(name, format!("key {key}"), e))
}

/// `shmget(key, size, flags)`: makes a segment of `size` bytes, or without a size finds one.
pub fn shmget(key: u32, size: Option<u32>) -> Result<i32> {
    let (bytes, flags) = (size.unwrap_or(0), flags(size.is_some()));
    let result = raw::shmget(key, bytes as usize, flags);
    got("shmget", &[key_shown(key), bytes.to_string(), shown(flags)], key, result)
}

/// `semget(key, count, flags)`: makes a set of `count` semaphores, or without a count finds one.
pub fn semget(key: u32, count: Option<u32>) -> Result<i32> {
    let (semaphores, flags) = (count.unwrap_or(0), flags(count.is_some()));
    let result = raw::semget(key, semaphores.cast_signed(), flags);
    got("semget", &[key_shown(key), semaphores.to_string(), shown(flags)], key, result)
}

/// `msgget(key, flags)`: makes a queue, or finds one.
pub fn msgget(key: u32, create: bool) -> Result<i32> {
    let flags = flags(create);
    got("msgget", &[key_shown(key), shown(flags)], key, raw::msgget(key, flags))
}

/// `msgsnd(id, message, size, IPC_NOWAIT)`.
///
/// # Errors
/// `EAGAIN` when the queue is full.
pub fn msgsnd(key: u32, text: &str) -> Result<()> {
    let id = msgget(key, false)?;
    let message = structure::queue_message_of(TYPE, text.as_bytes(), text.len());
    let args = [id.to_string(), message, text.len().to_string(), shown(libc::IPC_NOWAIT)];
    done("msgsnd", &args, format!("key {key}"), raw::msgsnd(id, TYPE, text.as_bytes()))
}

/// `msgrcv(id, message, size, 0, IPC_NOWAIT)`: the text of the oldest message, cut to `most` bytes.
///
/// # Errors
/// `ENOMSG` when there is none.
pub fn msgrcv(key: u32, most: usize) -> Result<String> {
    let id = msgget(key, false)?;
    let received = raw::msgrcv(id, most);
    let message = |bytes: &Vec<u8>| structure::queue_message_of(TYPE, bytes, bytes.len());
    let flags = libc::IPC_NOWAIT | libc::MSG_NOERROR;
    let args = [
        id.to_string(),
        received.as_ref().map_or_else(|_| "NULL".to_owned(), message),
        most.to_string(),
        "0".to_owned(),
        shown(flags),
    ];
    let length = |bytes: &Vec<u8>| i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    call("msgrcv", &args, received.as_ref().map(length).map_err(|e| *e)).ok();
    let bytes = received.map_err(|e| Error::new("msgrcv", format!("key {key}"), e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `mq_open(name, flags)`, and closes the descriptor again: the queue stays.
pub fn open_mqueue(name: &str, create: bool) -> Result<()> {
    let access = MQ_OFlag::O_RDWR | MQ_OFlag::O_CLOEXEC;
    let flags = if create { access | MQ_OFlag::O_CREAT } else { access };
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    // Within the default limits of a namespace (mq_overview(7)).
    let limits = MqAttr::new(0, MESSAGES, BYTES, 0);
    let opened: nix::Result<MqdT> = mq_open(name, flags, mode, create.then_some(&limits));
    let shown = word::open_flags(u64::from(flags.bits().cast_unsigned()));
    // The system call takes the name without its slash (mq_open(3)).
    let mut args = vec![calls::quote(name.trim_start_matches('/')), shown];
    if create {
        args.push(word::mode(u64::from(mode.bits())));
        args.push(structure::queue_attributes_of([0, MESSAGES, BYTES, 0]));
    }
    done("mq_open", &args, name, opened.as_ref().map(drop).map_err(|e| *e))?;
    opened.map_or(Ok(()), |queue| mq_close(queue).map_err(|e| Error::new("close", name, e)))
}
