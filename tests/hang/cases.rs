//! The lab's side: each case is a process of its own, because a lab ends what was left to it.

use crate::evil::{EVIL, Fate, KINDS};
use isolab::actor::client::{Client, Lost};
use isolab::actor::frame::{MOST, WHOLE_MESSAGE};
use isolab::actor::protocol::{Reply, Request};
use isolab::actor::scene::Scene;
use isolab::kernel::process;
use isolab::model::{Process, Reading};
use isolab::probe::View;
use isolab::vocabulary::Reader;
use isolab::vocabulary::reader::Listing;
use isolab::vocabulary::verb::Write;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// An answer comes within this time, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A case, and its name.
pub const CASES: &[(&str, fn())] = &[
    ("requests_of_any_size_are_answered", sizes),
    ("a_box_that_does_not_keep_to_the_protocol_is_ended", evil_boxes),
    ("an_answer_that_is_too_long_is_said_to_be", long_answer),
    ("no_box_speaks_of_the_end_of_another", reaped),
    ("a_box_that_does_not_read_is_ended_at_its_deadline", deaf),
    ("an_answer_of_another_kind_ends_its_box", liar),
    ("a_stopped_box_keeps_nobody", stopped_box),
    ("a_guardian_that_does_not_answer_is_given_up", stopped_guardian),
    ("why_a_guardian_does_not_start_is_said", no_scope),
];

/// What the parent kills, see `main`.
pub const IDLE: &str = "idle";
/// Likewise: somebody hostile, at all times.
pub const STORM: &str = "storm";

/// Likewise: a guardian that waits in a call.
pub const WAITS: &str = "waits";

fn start() -> Client {
    let run = format!("isolab-{}-1", std::process::id());
    process::adopt_orphans();
    Client::start(&run, &[], Arc::new(AtomicBool::new(false))).expect("a guardian")
}

fn close(client: Client) {
    let left = client.close();
    assert!(left.is_empty(), "{left:#?}");
}

fn write(bytes: usize) -> Request {
    let text = "x".repeat(bytes);
    let verb = Write([("/nowhere/f".to_owned(), text)].into_iter().collect()).into();
    Request::Act { verb, scene: Box::<Scene>::default() }
}

/// The guardian hears, and so does this box.
fn answers(client: &mut Client, name: &str) {
    let request =
        Request::Read { reader: Reader::Hostname, view: Box::<View>::default(), beside: None, scene: None };
    let answer = client.ask(name, request, false, PATIENCE).expect("the guardian answers");
    assert!(matches!(answer.reply, Reply::Read(Reading::Fact(_))), "{name}: {:?}", answer.reply);
}

/// 212,992 bytes fill a socket: what is longer made the guardian wait for a box that waited for the guardian, its tracer.
fn sizes() {
    let mut client = start();
    client.spawn("good").expect("a box");
    for bytes in [220_000, 1 << 20, MOST - 10_000] {
        let answer = client.ask("good", write(bytes), true, PATIENCE).expect("the guardian answers");
        assert!(!matches!(answer.reply, Reply::Lost { .. }), "{bytes} bytes: {:?}", answer.reply);
    }
    let answer = client.ask("good", write(MOST + 1), true, PATIENCE).expect("an answer");
    assert!(matches!(&answer.reply, Reply::Lost { what } if what.contains("good")), "{:?}", answer.reply);
    answers(&mut client, "good");
    close(client);
}

/// Each byte of these names is six in JSON. The guardian took a box that answered with more than 16 MiB for one that was gone.
fn long_answer() {
    let scratch = crate::Scratch::new();
    let name = |n: usize| format!("{n:05}{}", "\u{1}".repeat(250));
    for n in 0..MOST / 1500 {
        std::fs::write(scratch.file(&name(n)), "").expect("a file");
    }
    let mut client = start();
    client.spawn("good").expect("a box");
    let reader = Reader::Listing(Listing(scratch.path().display().to_string()));
    let request = Request::Read { reader, view: Box::<View>::default(), beside: None, scene: None };
    let answer = client.ask("good", request, false, PATIENCE).expect("the guardian answers");
    match answer.reply {
        Reply::Failed { errno, what } => {
            assert!(errno.0 == libc::EMSGSIZE && what.contains("16 MiB"), "{what}");
        }
        other => panic!("{}", format!("{other:?}").chars().take(200).collect::<String>()),
    }
    answers(&mut client, "good");
    close(client);
}

fn evil_boxes() {
    let mut client = start();
    client.spawn("good").expect("a box");
    for (kind, _) in KINDS {
        // Some are ended before their birth could be told.
        let _ = client.spawn(&format!("{EVIL}{kind}"));
        answers(&mut client, "good");
    }
    let end = Instant::now() + WHOLE_MESSAGE + PATIENCE;
    for (kind, fate) in KINDS {
        let name = format!("{EVIL}{kind}");
        while *fate != Fate::Lives && !client.has_left(&name) {
            assert!(Instant::now() < end, "{name} was not ended");
            client.pause(Duration::from_millis(20)).expect("the guardian lives");
        }
        answers(&mut client, "good");
        assert!(*fate != Fate::Lives || !client.has_left(&name), "{name} was ended");
    }
    close(client);
}

fn reaped() {
    let mut client = start();
    let pid = client.spawn("good").expect("a box");
    let evil = format!("{EVIL}reaps-{pid}");
    client.spawn(&evil).expect("a box");
    for _ in 0..200 {
        answers(&mut client, "good");
    }
    assert!(!client.has_left("good"), "{:?}", client.view.ended.get("good"));
    assert!(!client.has_left(&evil));
    close(client);
}

fn deaf() {
    let mut client = start();
    client.spawn("good").expect("a box");
    let evil = format!("{EVIL}sleeps");
    client.spawn(&evil).expect("a box");
    for traced in [true, false] {
        let answer = client.ask(&evil, write(4 << 20), traced, Duration::from_secs(1)).expect("an answer");
        assert!(matches!(answer.reply, Reply::Lost { .. }), "{:?}", answer.reply);
        answers(&mut client, "good");
        let ended = client.await_end(&evil, PATIENCE).expect("the guardian lives");
        assert!(client.has_left(&evil), "{ended:?}");
        client.spawn(&evil).expect("another one");
    }
    close(client);
}

fn liar() {
    let mut client = start();
    client.spawn("good").expect("a box");
    let evil = format!("{EVIL}lies");
    client.spawn(&evil).expect("a box");
    let answer = client.ask(&evil, write(10), false, PATIENCE).expect("an answer");
    assert!(matches!(&answer.reply, Reply::Lost { what } if what != "lie"), "{:?}", answer.reply);
    let how = client.await_end(&evil, PATIENCE).expect("the guardian lives");
    assert!(matches!(how, None | Some(Process::KilledBy(_))), "{how:?}");
    answers(&mut client, "good");
    close(client);
}

/// As a lesson does it that freezes a box, or stops it.
fn stopped_box() {
    let mut client = start();
    client.spawn("good").expect("a box");
    let pid = client.spawn("other").expect("a box");
    kill(Pid::from_raw(pid), Signal::SIGSTOP).expect("kill");
    let answer = client.ask("other", write(4 << 20), true, Duration::from_secs(1)).expect("an answer");
    assert!(matches!(answer.reply, Reply::Lost { .. }), "{:?}", answer.reply);
    answers(&mut client, "good");
    close(client);
}

fn stopped_guardian() {
    let mut client = start();
    client.spawn("good").expect("a box");
    let guardian = i32::try_from(client.guardian()).expect("a number");
    kill(Pid::from_raw(guardian), Signal::SIGSTOP).expect("kill");
    // Long before the deadline of the request.
    match client.ask("good", write(10), true, Duration::from_secs(3600)) {
        Err(Lost::Guardian(what)) => assert!(what.contains("does not answer"), "{what}"),
        other => panic!("{other:?}"),
    }
    close(client);
}

/// Its standard error is not the lab's, which can be a screen; but what is said there is what a person needs to know.
fn no_scope() {
    let scope = ["sh", "-c", "echo no scope today >&2; exit 1"].map(str::to_owned);
    let run = format!("isolab-{}-1", std::process::id());
    match Client::start(&run, &scope, Arc::new(AtomicBool::new(false))) {
        Err(Lost::Guardian(what)) => assert!(what.ends_with(": no scope today"), "{what}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a guardian"),
    }
}

/// A run that waits to be killed; says so by a file.
pub fn idle(ready: &str) {
    let mut client = start();
    client.spawn("good").expect("a box");
    std::fs::write(ready, "").expect("a file");
    let _ = client.pause(Duration::from_secs(600));
    close(client);
}

/// Run after run with hostile boxes in it, until somebody kills it. A guardian that is gone is no failure.
pub fn storm(seed: usize) {
    for round in 0..1000 {
        let mut client = start();
        let _ = weather(&mut client, seed + round);
        close(client);
    }
}

fn weather(client: &mut Client, from: usize) -> Result<(), Lost> {
    let pid = client.spawn("good")?;
    for at in 0..4 {
        let (kind, _) = KINDS[(from + at) % KINDS.len()];
        let name = if kind == "reaps" { format!("{EVIL}{kind}-{pid}") } else { format!("{EVIL}{kind}") };
        match client.spawn(&name) {
            Err(Lost::Guardian(what)) if !what.contains("ended at once") => return Err(Lost::Guardian(what)),
            _ => {}
        }
        client.ask("good", write(220_000 << at), true, PATIENCE)?;
        client.ask(&name, write(220_000 << at), true, Duration::from_millis(200))?;
    }
    Ok(())
}

/// Makes the guardian move into something that is no cgroup.
pub fn waits(directory: &std::path::Path) {
    let mut client = start();
    client.spawn("good").expect("a box");
    let _ = client.join(directory);
    close(client);
}
