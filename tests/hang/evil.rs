//! Boxes that do not keep to the protocol: this test program as a box of its own guardian.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The first part of the names of such boxes; the rest says what they do.
pub const EVIL: &str = "evil-";
/// None of them lives longer: 10 minutes.
const LIFE: Duration = Duration::from_secs(600);

/// All of them that do something by themselves, without being asked, and what the guardian must do about it.
pub const KINDS: &[(&str, Fate)] = &[
    ("four", Fate::Late),
    ("half", Fate::Late),
    ("garbage", Fate::Ended),
    ("huge", Fate::Ended),
    ("twice", Fate::Ended),
    ("unasked", Fate::Ended),
    ("took", Fate::Ended),
    ("shell", Fate::Ended),
    ("stranger", Fate::Ended),
    ("closes", Fate::Ended),
    ("reaps", Fate::Lives),
    ("sleeps", Fate::Lives),
];

/// What becomes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its connection ends at once.
    Ended,
    /// Its connection ends when the message that it has begun should have been there.
    Late,
    /// It does no harm, and is left alone.
    Lives,
}

fn message(body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len()).expect("short").to_be_bytes().to_vec();
    bytes.extend_from_slice(body);
    bytes
}

/// Lives as such a box; never comes back.
pub fn live(socket: OwnedFd, kind: &str) -> ! {
    let mut socket = UnixStream::from(socket);
    let end = Instant::now() + LIFE;
    let _ = socket.write_all(&message(br#""hello""#));
    act(kind, &mut socket, end);
    while Instant::now() < end {
        std::thread::sleep(Duration::from_secs(1));
    }
    std::process::exit(0)
}

fn act(kind: &str, socket: &mut UnixStream, end: Instant) {
    let (kind, of) = kind.split_once('-').unwrap_or((kind, "0"));
    let mut say = |bytes: &[u8]| socket.write_all(bytes).is_ok();
    match kind {
        "four" => drop(say(&[0, 0, 0, 100])),
        "half" => drop(say(b"\0\0\0\x64\"hello")),
        "garbage" => drop(say(b"\0\0\0\x04\xff\xfe{[")),
        "huge" => drop(say(&[0xff; 16])),
        "twice" => drop(say(&message(br#""hello""#))),
        "unasked" => drop(say(&message(br#"{"reply":{"reply":{"done":{"output":null}},"calls":[]}}"#))),
        "took" => drop(say(&message(br#"{"took":{"bytes":1}}"#))),
        "shell" => drop(say(&message(br#"{"reply":{"reply":{"shell":{"pid":1,"notice":[]}},"calls":[]}}"#))),
        "closes" => drop(socket.shutdown(std::net::Shutdown::Both)),
        // Another process speaks on its socket, as a program would that has got hold of it.
        "stranger" => {
            let own = socket.try_clone().expect("dup");
            let mut sh = Command::new("sh");
            sh.args(["-c", r#"printf '\0\0\0\007"hello"' >&0; sleep 1"#])
                .stdin(Stdio::from(OwnedFd::from(own)));
            let _ = sh.status();
        }
        // It says again and again that others have ended.
        "reaps" => {
            let words = message(format!(r#"{{"reaped":{{"pid":{of},"how":{{"exited":0}}}}}}"#).as_bytes());
            while Instant::now() < end && say(&words) {}
        }
        // It reads what it is asked and answers with something else.
        "lies" => {
            let mut part = [0; 4096];
            let _ = socket.read(&mut part);
            let _ = socket.write_all(&message(br#"{"reply":{"reply":{"lost":{"what":"lie"}},"calls":[]}}"#));
        }
        // It never reads.
        "sleeps" => {}
        other => panic!("no such box: {other}"),
    }
}
