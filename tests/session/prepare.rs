//! Steps that are prepared before they are run.

use crate::client::{Client, kinds};
use crate::common::{self, leftover};
use crate::terminal::Terminal;
use crate::{ended, open, possible, start_ready};
use isolab::events::{ActionRecord, Command, Event, Status};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Duration;

/// The word by which this program becomes a lab that waits to be killed.
pub const TO_BE_KILLED: &str = "__prepared_and_to_be_killed";
/// What is waited for comes within this time: 30 s.
const SOON: Duration = Duration::from_secs(30);

/// The number on the host of a box or workload, from the last map of these events.
fn number(events: &[Event], name: &str) -> i32 {
    let map = |e: &Event| if let Event::Namespaces(map) = e { Some((**map).clone()) } else { None };
    let map = events.iter().rev().find_map(map).expect("a map");
    let member = map.members.iter().find(|m| m.name == name);
    member.unwrap_or_else(|| panic!("{name} in {map:?}")).pid
}

/// The states of all threads of a process, a letter each, and the CPU time that it has used, in ticks.
fn at_work(pid: i32) -> (String, u64) {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it lives");
    let (mut states, mut used) = (String::new(), 0);
    for thread in threads {
        let stat = thread.expect("an entry").path().join("stat");
        let stat = std::fs::read_to_string(stat).expect("it lives");
        let fields: Vec<&str> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
        states.push_str(fields[0]);
        used += fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime");
    }
    (states, used)
}

fn acted(events: &[Event]) -> Vec<ActionRecord> {
    events.iter().filter_map(|e| if let Event::Acted(a) = e { Some((**a).clone()) } else { None }).collect()
}

/// What was done for the step itself: behind the last start of a step.
fn of_step(events: &[Event]) -> &[Event] {
    let start = events.iter().rposition(|e| matches!(e, Event::StepStarted { .. })).expect("a start");
    &events[start..]
}

pub fn prepared(client: &mut Client) {
    open(client, "uts");
    for index in 1..=5 {
        let prepared = client.ask(Command::Prepare(index));
        let waits = of_step(&prepared);
        assert!(
            kinds(waits).ends_with(&["before", "namespaces", "prepared", "idle"]),
            "step {index}: {prepared:?}"
        );
        assert!(waits.contains(&Event::Prepared { index }));
        let given = acted(waits);
        assert!(given.iter().all(|a| a.preparation), "step {index}: {given:?}");
        // Nothing is made twice.
        let again = client.ask(Command::Prepare(index));
        assert_eq!(acted(of_step(&again)), given, "step {index}");
        assert!(!kinds(&again).contains(&"undone"), "step {index}: {again:?}");
        let events = client.ask(Command::Run(index));
        assert!(!kinds(&events).contains(&"undone"), "step {index}: {events:?}");
        let records = ended(&events);
        let [record] = records.as_slice() else { panic!("one record: {records:?}") };
        assert_eq!(record.status, Status::Passed, "step {index}: {record:?}");
        assert_eq!(record.actions[..given.len()], given, "told again, as it was made");
        assert!(record.actions.len() > given.len(), "step {index}: {record:?}");
    }
}

pub fn another(client: &mut Client) {
    open(client, "uts");
    client.ask(Command::Prepare(3));
    // Further on, the prepared step is made on the way.
    let events = client.ask(Command::Prepare(5));
    assert!(!kinds(&events).contains(&"undone"), "{events:?}");
    // Back, a new world is needed.
    let events = client.ask(Command::Run(2));
    assert_eq!(kinds(&events)[0], "undone");
    assert_eq!(ended(&events).last().expect("a record").status, Status::Passed);
    client.ask(Command::Prepare(3));
    assert_eq!(kinds(&client.ask(Command::Restart)), ["undone", "idle"]);
    assert_eq!(kinds(&client.ask(Command::Prepare(9))), ["refused", "idle"]);
    client.ask(Command::Prepare(1));
    assert_eq!(kinds(&client.ask(Command::Close)), ["undone", "closed", "idle"]);
}

pub fn paused(client: &mut Client) {
    if !possible(client, "cgroup-cpu") {
        return;
    }
    open(client, "cgroup-cpu");
    let events = client.ask(Command::Run(1));
    let spinning = number(&events, "loop");
    assert!(at_work(spinning).0.contains('R'), "{:?}", at_work(spinning));
    let before = client.ask(Command::Prepare(2));
    let Some(Event::Before(rows)) = before.iter().find(|e| matches!(e, Event::Before(_))) else { panic!() };
    assert!(!format!("{rows:?}").contains("stopped"), "read before it was stopped: {rows:?}");
    let stopped = common::wait_for(SOON, || at_work(spinning).0.chars().all(|s| s == 'T').then_some(()));
    assert!(stopped.is_some(), "{:?}", at_work(spinning));
    let used = at_work(spinning).1;
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(at_work(spinning).1, used, "whoever reads burns no CPU");
    // Who reads a value sees it at work.
    let events = client.ask(Command::Snapshot(vec!["members".to_owned()]));
    assert_eq!(kinds(&events), ["snapshot", "idle"]);
    let stopped = common::wait_for(SOON, || at_work(spinning).0.chars().all(|s| s == 'T').then_some(()));
    assert!(stopped.is_some(), "and it waits again: {:?}", at_work(spinning));
    let events = client.ask(Command::Run(2));
    assert!(!kinds(&events).contains(&"undone"), "{events:?}");
    let record = ended(&events).last().expect("a record").to_owned().clone();
    assert_ne!(record.status, Status::Failed, "{record:?}");
    assert_eq!(number(&events, "loop"), spinning, "it is the same one");
    assert!(!at_work(spinning).0.contains('T'), "{:?}", at_work(spinning));
    assert!(at_work(spinning).1 > used, "and it goes on");
    // A shell lets it go on, too.
    client.ask(Command::Prepare(3));
    let person = Terminal::open();
    client.ask(Command::Shell { of: "admin".to_owned(), tty: person.path() });
    assert!(!at_work(spinning).0.contains('T'), "{:?}", at_work(spinning));
}

pub fn moved(client: &mut Client) {
    open(client, "uts");
    let events = client.ask(Command::Run(1));
    let record = ended(&events).last().expect("a record").to_owned().clone();
    assert!(record.readouts.iter().all(|r| r.opened.is_none()), "it was not prepared: {record:?}");
    let pid = number(&client.ask(Command::Prepare(2)), "box").to_string();
    // Root has the right in every namespace, the user only in those of the run.
    let into: &[&str] = if common::is_root() { &[] } else { &["--preserve-credentials", "-U"] };
    let renamed = std::process::Command::new("nsenter")
        .args(into)
        .args(["-u", "-t", &pid, "hostname", "moved"])
        .status()
        .expect("nsenter starts");
    assert!(renamed.success(), "{renamed}");
    let events = client.ask(Command::Run(2));
    let record = ended(&events).last().expect("a record").to_owned().clone();
    let name = record.readouts.iter().find(|r| r.id == "box-name").expect("it is read");
    assert_eq!(name.before.to_string(), "moved");
    let opened = name.opened.as_ref().expect("it has moved");
    assert_ne!(opened, &name.before);
    let others: Vec<_> =
        record.readouts.iter().filter(|r| r.id != "box-name" && r.opened.is_some()).collect();
    assert!(others.is_empty(), "nothing else has moved: {others:?}");
}

pub fn died(client: &mut Client) {
    let own = i32::try_from(std::process::id()).expect("a number");
    open(client, "uts");
    client.ask(Command::Run(1));
    for victim in ["box", "unnoticed", "guardian"] {
        let events = client.ask(Command::Prepare(2));
        let guardian = Pid::from_raw(leftover::guardian_of(own).expect("a guardian"));
        let pid = match victim {
            "guardian" => guardian.as_raw(),
            _ => number(&events, "box"),
        };
        // The guardian does not learn of the end before the engine asks for the step.
        if victim == "unnoticed" {
            kill(guardian, Signal::SIGSTOP).expect("kill");
        }
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("kill");
        let path = format!("/proc/{pid}");
        let gone = common::wait_for(SOON, || {
            let state = std::fs::read_to_string(format!("{path}/stat")).unwrap_or_default();
            (state.is_empty() || state.contains(") Z ")).then_some(())
        });
        assert!(gone.is_some(), "{victim} does not die");
        client.send(Command::Run(2));
        if victim == "unnoticed" {
            std::thread::sleep(Duration::from_millis(300));
            kill(guardian, Signal::SIGCONT).expect("kill");
        }
        let events = client.until_idle();
        assert_eq!(kinds(&events)[0], "undone", "{victim}: {events:?}");
        assert!(events.contains(&Event::Undone { left: Vec::new() }), "{victim}: {events:?}");
        assert_eq!(ended(&events).last().expect("a record").status, Status::Passed, "{victim}: {events:?}");
    }
}

pub fn tried(client: &mut Client) {
    open(client, "uts");
    let waits = client.ask(Command::Prepare(2));
    let person = Terminal::open();
    let events = client.ask(Command::Try { index: 2, tty: person.path() });
    assert!(!kinds(&events).contains(&"undone"), "{events:?}");
    assert_eq!(acted(of_step(&events)), acted(of_step(&waits)), "what is given is told again");
    client.ask(Command::EndShell);
    // The world was a person's: it is of no use any more.
    assert_eq!(kinds(&client.ask(Command::Prepare(3)))[0], "undone");
}

pub fn cancelled(client: &mut Client) {
    let own = i32::try_from(std::process::id()).expect("a number");
    open(client, "pid");
    client.send(Command::Prepare(6));
    client.next_of("acted");
    client.cancel();
    let events = client.until_idle();
    assert!(kinds(&events).ends_with(&["undone", "cancelled", "idle"]), "{events:?}");
    assert_eq!(leftover::of(own), Vec::<String>::new());
    let events = client.ask(Command::Prepare(1));
    assert!(kinds(&events).ends_with(&["prepared", "idle"]), "{events:?}");
}

/// A lab with a step that is prepared, and a workload that is stopped where cgroups can be made.
pub fn to_be_killed() {
    let mut client = Client::start();
    if client.blocked("cgroup-cpu").is_none() {
        open(&mut client, "cgroup-cpu");
        client.ask(Command::Run(1));
    } else {
        open(&mut client, "uts");
    }
    client.ask(Command::Prepare(2));
    println!("ready");
    std::thread::sleep(Duration::from_secs(300));
}

pub fn killed(_: &mut Client) {
    let (mut lab, pid) = start_ready(TO_BE_KILLED);
    assert!(!leftover::processes_of(pid).is_empty(), "there is something to leave");
    lab.kill().expect("kill");
    lab.wait().expect("wait");
    let gone = common::wait_for(SOON, || leftover::of(pid).is_empty().then_some(()));
    assert!(gone.is_some(), "left behind:\n{}", leftover::of(pid).join("\n"));
}
