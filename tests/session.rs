//! The engine as a screen sees it: commands in, events out, on the real kernel. Each test as whoever runs them, and when that is root, also as
//! an ordinary user.

#[path = "session/client.rs"]
mod client;
mod common;
#[path = "session/prepare.rs"]
mod prepare;
#[path = "session/terminal.rs"]
mod terminal;

use client::{Client, kinds};
use common::{leftover, note, skip};
use isolab::actor::trial::Trial;
use isolab::events::{Awaiting, Command, Event, Status, StepRecord, Verdict};
use isolab::lesson::catalog::BUILT_IN;
use isolab::present::shell::refusal;
use isolab::vocabulary::Ability;
use isolab::workload::command;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use terminal::Terminal;

type Test = (&'static str, fn(&mut Client));

const TESTS: &[Test] = &[
    ("readiness_comes_first", readiness),
    ("a_lesson_from_its_start_to_its_end", whole_lesson),
    ("a_step_is_prepared_and_goes_on_from_there", prepare::prepared),
    ("a_prepared_step_that_another_is_wanted_after_all", prepare::another),
    ("workloads_wait_while_a_step_is_prepared", prepare::paused),
    ("a_prepared_step_is_read_again_when_it_is_run", prepare::moved),
    ("what_is_prepared_and_has_ended_is_made_anew", prepare::died),
    ("a_prepared_step_is_tried", prepare::tried),
    ("preparing_is_cancelled", prepare::cancelled),
    ("a_killed_lab_takes_a_prepared_step_along", prepare::killed),
    ("namespaces_before_and_after", namespaces),
    ("what_is_watched_comes_by_itself", watching),
    ("cancelling_undoes", cancelling),
    ("a_lost_guardian_is_told_and_replaced", lost_guardian),
    ("what_cannot_be_done_is_refused", refusals),
    ("a_shell_in_the_hosts_mount_table", shell_uts),
    ("a_shell_in_a_table_of_its_own", shell_overlay),
    ("the_workloads_are_commands_in_a_shell", shell_workloads),
    ("a_shell_leaves_nothing", shell_leaves_nothing),
    ("no_shell_where_there_must_be_none", no_shell),
    ("a_shell_in_every_box", shell_everywhere),
    ("a_killed_lab_takes_its_shell_along", killed),
    ("a_killed_guardian_takes_along_what_a_shell_let_loose", strays_of_a_shell),
    ("trying_in_the_shell_itself", try_rename),
    ("trying_in_a_shell_within_the_shell", try_copy),
    ("trying_by_the_manuals_commands", try_many),
    ("trying_a_share", try_quota),
    ("what_cannot_be_tried", try_refused),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(status) = isolab::actor::hidden(&words) {
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    let status = match words.as_slice() {
        [_, .., "--list"] => {
            for (name, _) in TESTS {
                println!("{name}: test");
            }
            0
        }
        [_, TO_BE_KILLED] => {
            to_be_killed();
            1
        }
        [_, prepare::TO_BE_KILLED] => {
            prepare::to_be_killed();
            1
        }
        [_, WITH_STRAYS] => {
            with_strays();
            1
        }
        [_, rest @ ..] => i32::from(!common::as_everybody(rest, tests)),
        [] => 1,
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

const TO_BE_KILLED: &str = "__to_be_killed";
const WITH_STRAYS: &str = "__with_strays";

fn tests(who: &str, filters: &[&str]) -> bool {
    let filters: Vec<&&str> = filters.iter().filter(|f| !f.starts_with('-')).collect();
    if let Err(refusal) = Trial::Of(Ability::User).make(0) {
        skip(who, &format!("no user namespaces here: {refusal}"));
        return true;
    }
    let mut good = true;
    for (name, test) in
        TESTS.iter().filter(|(n, _)| filters.is_empty() || filters.iter().any(|f| n.contains(**f)))
    {
        let result = std::panic::catch_unwind(|| {
            let mut client = Client::start();
            test(&mut client);
            client.finish();
            let own = i32::try_from(std::process::id()).expect("a number");
            let left = leftover::of(own);
            assert!(left.is_empty(), "left behind:\n{}", left.join("\n"));
        });
        note(&format!("test {name} ({who}) ... {}", if result.is_ok() { "ok" } else { "FAILED" }));
        good &= result.is_ok();
    }
    good
}

/// Whether a lesson can be run here; says so when not.
fn possible(client: &Client, lesson: &str) -> bool {
    match client.blocked(lesson) {
        Some(reason) => {
            skip(lesson, &reason);
            false
        }
        None => true,
    }
}

fn open(client: &mut Client, lesson: &str) {
    let events = client.ask(Command::Open { lesson: lesson.to_owned(), set: BTreeMap::new(), seed: None });
    assert_eq!(kinds(&events), ["opened", "idle"], "{events:?}");
}

fn ended(events: &[Event]) -> Vec<&StepRecord> {
    events.iter().filter_map(|e| if let Event::StepEnded(r) = e { Some(&**r) } else { None }).collect()
}

fn readiness(client: &mut Client) {
    let ready = client.readiness();
    let ids: Vec<&str> = ready.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, BUILT_IN.iter().map(|(id, _)| *id).collect::<Vec<_>>());
}

fn whole_lesson(client: &mut Client) {
    open(client, "uts");
    for index in 1..=5 {
        let events = client.ask(Command::Run(index));
        let records = ended(&events);
        if index == 1 {
            assert_eq!(records[0].id, "setup");
        }
        let last = records.last().expect("a record");
        assert_eq!(last.status, Status::Passed, "{last:?}");
        assert_eq!(events.last(), Some(&Event::Idle));
        assert!(!kinds(&events).contains(&"undone"), "the world goes on");
    }
    // Back to an earlier step: a new world.
    let events = client.ask(Command::Run(2));
    assert_eq!(kinds(&events)[0], "undone");
    assert_eq!(ended(&events).last().expect("a record").id, "rename");
    let events = client.ask(Command::Restart);
    assert_eq!(kinds(&events), ["undone", "idle"]);
    let events = client.ask(Command::Close);
    assert_eq!(kinds(&events), ["closed", "idle"], "without a world nothing is undone");
    let Event::Closed(record) = &events[0] else { panic!() };
    assert_eq!((record.status.clone(), record.steps.len()), (Status::Passed, 6));
    assert!(record.left.is_empty());
}

fn namespaces(client: &mut Client) {
    let map = |events: &[Event]| -> Vec<isolab::model::NamespaceMap> {
        events
            .iter()
            .filter_map(|e| if let Event::Namespaces(m) = e { Some((**m).clone()) } else { None })
            .collect()
    };
    let alone = map(&client.ask(Command::Namespaces));
    assert_eq!(alone[0].members.len(), 1, "without a world only the host");
    open(client, "uts");
    let maps = map(&client.ask(Command::Run(1)));
    let [before, after] = maps.as_slice() else {
        panic!("one right before the actions, one at the end: {maps:?}")
    };
    let link = |m: &isolab::model::NamespaceMap, who: &str, kind: &str| {
        let member = m.members.iter().find(|m| m.name == who).unwrap_or_else(|| panic!("{who} in {m:?}"));
        member.links[kind].clone()
    };
    let names: Vec<&str> = before.members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["host", "box", "guest", "keeper"], "the lab's own helpers are not shown");
    assert_eq!(link(before, "box", "uts"), link(before, "host", "uts"));
    assert_ne!(link(after, "box", "uts"), link(after, "host", "uts"));
    let run = link(after, "box", "user");
    assert_ne!(run, link(after, "host", "user"));
    let made = &after.namespaces[&link(after, "box", "uts")];
    assert_eq!((made.kind.as_str(), made.owner.as_ref()), ("uts", Some(&run)));
    assert_eq!(after.namespaces[&run].owner, Some(link(after, "host", "user")), "a parent");
    assert!(after.namespaces[&run].kept_by.iter().any(|k| k.contains("holder")), "{after:?}");
    // The last step holds a namespace open from outside.
    let maps = map(&client.ask(Command::Run(5)));
    let kept: Vec<&String> = maps[0].namespaces.values().flat_map(|n| &n.kept_by).collect();
    assert!(kept.iter().any(|k| k.starts_with("open in keeper: fd ")), "{kept:?}");
}

fn watching(client: &mut Client) {
    open(client, "uts");
    client.ask(Command::Run(1));
    let ids = vec!["box-name".to_owned(), "box-uts".to_owned()];
    let events = client.ask(Command::Watch { ids: ids.clone(), every_ms: 50 });
    assert_eq!(kinds(&events), ["snapshot", "idle"], "the first one at once");
    for _ in 0..3 {
        let Event::Snapshot(read) = client.next(Duration::from_secs(30)) else { panic!("a snapshot") };
        assert_eq!(read.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), ids);
    }
    client.ask(Command::Watch { ids: Vec::new(), every_ms: 50 });
    assert!(client.quiet(Duration::from_millis(300)), "nothing is watched any more");
}

fn cancelling(client: &mut Client) {
    let (lesson, waiting) = ("cgroup-cpu", Awaiting::Measuring);
    if !possible(client, lesson) {
        return;
    }
    open(client, lesson);
    client.send(Command::Run(1));
    loop {
        match client.next(Duration::from_secs(60)) {
            Event::Waiting { what, .. } if what == waiting => break,
            Event::Idle => panic!("it never measured"),
            _ => {}
        }
    }
    client.cancel();
    let events = client.until_idle();
    let after: Vec<&str> = kinds(&events).into_iter().filter(|k| *k != "sampled").collect();
    assert_eq!(after, ["undone", "cancelled", "idle"], "{events:?}");
    assert!(events.contains(&Event::Undone { left: Vec::new() }));
    let own = i32::try_from(std::process::id()).expect("a number");
    assert_eq!(leftover::of(own), Vec::<String>::new());
    // And it can be run again: live samples come while it lasts, also before the window ends.
    let events = client.ask(Command::Run(1));
    let record = ended(&events).last().expect("a record").to_owned().clone();
    assert_ne!(record.status, Status::Failed, "{record:?}");
    let kinds = kinds(&events);
    let sampled = kinds.iter().position(|k| *k == "sampled").expect("a sample");
    assert!(sampled < kinds.iter().rposition(|k| *k == "namespaces").expect("a map"));
    assert!(record.actions.last().expect("an action").at_ms >= record.actions[0].at_ms);
}

fn lost_guardian(client: &mut Client) {
    let own = i32::try_from(std::process::id()).expect("a number");
    let kill = || {
        let guardian = leftover::guardian_of(own).expect("a guardian");
        let number = nix::unistd::Pid::from_raw(guardian);
        nix::sys::signal::kill(number, nix::sys::signal::Signal::SIGKILL).expect("kill");
    };
    open(client, "uts");
    client.ask(Command::Run(1));
    kill();
    let events = client.ask(Command::Run(2));
    assert!(kinds(&events).ends_with(&["refused", "undone", "idle"]), "{events:?}");
    assert!(events.contains(&Event::Undone { left: Vec::new() }));
    assert_eq!(leftover::of(own), Vec::<String>::new());
    let events = client.ask(Command::Run(2));
    assert_eq!(ended(&events).last().expect("a record").status, Status::Passed, "in a new world");
    // While something is watched it is noticed without a command, and told without `idle`.
    client.ask(Command::Watch { ids: vec!["box-name".into()], every_ms: 50 });
    kill();
    client.next_of("refused");
    assert_eq!(client.next(Duration::from_secs(60)), Event::Undone { left: Vec::new() });
    assert!(client.quiet(Duration::from_millis(300)), "nothing is left to watch");
}

fn refusals(client: &mut Client) {
    let events = client.ask(Command::Run(1));
    assert_eq!(kinds(&events), ["refused", "idle"]);
    let events = client.ask(Command::Open { lesson: "utz".into(), set: BTreeMap::new(), seed: None });
    assert_eq!(kinds(&events), ["refused", "idle"]);
    open(client, "uts");
    assert_eq!(kinds(&client.ask(Command::Run(9))), ["refused", "idle"]);
    let set = BTreeMap::from([("quota".to_owned(), "99%".to_owned())]);
    let events = client.ask(Command::Open { lesson: "cgroup-cpu".into(), set, seed: None });
    assert_eq!(kinds(&events), ["closed", "refused", "idle"]);
}

/// A shell in a box of the lesson that is open.
fn shell(client: &mut Client, of: &str) -> Terminal {
    let terminal = Terminal::open();
    let events = client.ask(Command::Shell { of: of.to_owned(), tty: terminal.path() });
    let kinds = kinds(&events);
    assert!(kinds.ends_with(&["shell started", "idle"]), "{events:?}");
    terminal.wait_for(&format!("{of}# "));
    terminal
}

fn shell_uts(client: &mut Client) {
    let mark = format!("/tmp/test-of-isolab-mark-{}", std::process::id());
    open(client, "uts");
    client.ask(Command::Run(2));
    let mut person = shell(client, "box");
    assert_eq!(person.run("hostname").0, "bird");
    assert_eq!(person.run("id -u").0, "0");
    assert_eq!(person.run("pwd; [ $PWD = $workspace ]"), (person.run("echo $workspace").0, 0));
    // Read-only by mount or by permission; either way refused.
    for place in ["/etc/x", "$HOME/x", "/var/tmp/x", "/usr/x", "/sys/fs/cgroup/x"] {
        assert_ne!(person.run(&format!("touch {place}")).1, 0, "{place} was written");
    }
    assert_eq!(
        person.run("mkdir /sys/fs/cgroup/x 2>&1 | tail -c 22").0,
        "Read-only file system",
        "by the mount"
    );
    assert_eq!(person.run("touch own && ls $workspace").0, "own");
    assert_eq!(person.run(&format!("touch {mark} && ls {mark}")).1, 0, "a /tmp of its own");
    assert!(!Path::new(&mark).exists(), "the host's /tmp");
    assert_eq!(person.run("readlink /proc/$box/ns/uts").0, person.run("readlink /proc/self/ns/uts").0);
    assert_eq!(person.run("echo $keeper $guest | wc -w").0, "2");
    assert_eq!(person.run("ulimit -c").0, "0");
    // Asked with signal 0, which harms nobody if it is not refused.
    assert_ne!(person.run("kill -0 -1").1, 0, "everybody at once");
    assert_eq!(person.run("kill -0 $$").1, 0);
    let hosts = std::fs::read_link("/proc/self/ns/ipc").expect("a link").display().to_string();
    assert_ne!(person.run("readlink /proc/self/ns/ipc").0, hosts, "shared memory would be left there");
    // What is typed is seen by whoever watches.
    client.ask(Command::Watch { ids: vec!["box-name".into()], every_ms: 50 });
    person.run("hostname wren");
    loop {
        let Event::Snapshot(read) = client.next_of("snapshot") else { panic!() };
        if read[0].1.to_string() == "wren" {
            break;
        }
    }
    client.ask(Command::Watch { ids: Vec::new(), every_ms: 0 });
    let events = client.ask(Command::Namespaces);
    let [Event::Namespaces(map), Event::Idle] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(map.members.iter().filter(|m| m.name == "shell").count(), 1, "{map:?}");
    // A second one there is not; the first one ends when it is told to.
    let events = client.ask(Command::Shell { of: "guest".into(), tty: person.path() });
    assert_eq!(kinds(&events), ["refused", "idle"]);
    let events = client.ask(Command::EndShell);
    assert_eq!(kinds(&events), ["shell ended", "idle"]);
    // The world is the person's now: the next step gets a new one.
    let events = client.ask(Command::Run(3));
    assert_eq!(kinds(&events)[0], "undone");
    assert_eq!(ended(&events).last().expect("a record").status, Status::Passed);
}

fn shell_overlay(client: &mut Client) {
    if !possible(client, "overlay") {
        return;
    }
    open(client, "overlay");
    client.ask(Command::Run(1));
    let mut person = shell(client, "box");
    assert_eq!(person.run("cat merged/in_lower").0, "I am from lower");
    assert_eq!(person.run("echo more >>merged/in_lower && cat upper/in_lower").0, "I am from lower\nmore");
    for place in ["/etc/x", "$HOME/x", "/var/tmp/x"] {
        assert_ne!(person.run(&format!("touch {place}")).1, 0, "{place} was written");
    }
    // The box itself sees it.
    let events = client.ask(Command::Snapshot(vec!["upper-text".into(), "merged".into()]));
    let Event::Snapshot(read) = &events[0] else { panic!("{events:?}") };
    assert_eq!(read[0].1.to_string(), "I am from lower\nmore");
    assert_eq!(person.run("umount merged && ls merged | wc -l").0, "0");
    let events = client.ask(Command::Snapshot(vec!["merged".into()]));
    let Event::Snapshot(read) = &events[0] else { panic!("{events:?}") };
    assert_eq!(read[0].1.to_string(), "(empty)", "one mount, not two");
    // It ends by itself.
    person.type_in("exit");
    assert_eq!(client.next(Duration::from_secs(30)), Event::ShellEnded { of: "box".into() });
    assert!(client.quiet(Duration::from_millis(300)));
    let events = client.ask(Command::Run(2));
    assert_eq!(kinds(&events)[0], "undone");
    assert_eq!(ended(&events).last().expect("a record").status, Status::Passed);
}

/// In a copy of the host's mount table and in one of the box's own; a second shell there finds what the first has mounted.
fn shell_workloads(client: &mut Client) {
    for (lesson, own) in [("uts", false), ("overlay", true)] {
        if !possible(client, lesson) {
            continue;
        }
        open(client, lesson);
        client.ask(Command::Run(1));
        let mut person = shell(client, "box");
        for name in command::NAMES {
            let (help, status) = person.run(&format!("{name} --help"));
            assert!(status == 0 && help.contains(&format!("Usage: {name} ")), "{lesson}: {help}");
        }
        let until = |what: &str| format!("n=0; until {what} || [ $((n += 1)) = 1000 ]; do :; done");
        person.run("busyloop --threads 2 --name gold-loop &");
        person.run(&until("[ \"$(ls /proc/$!/task | wc -l)\" = 2 ]"));
        assert_eq!(person.run("ls /proc/$!/task | wc -l; cat /proc/$!/comm").0, "2\ngold-loop");
        assert_eq!(person.run("awk '/Max cpu time/ { print $4, $5 }' /proc/$!/limits").0, "3600 3600");
        person.run("kill -9 $!");
        for (command, told) in [
            ("memhog --take 8M", "memhog has 8 MiB"),
            ("tcp_server --port 8080 --says x", "tcp_server listens on port 8080"),
            ("unix_listener --at @door --says x", "unix_listener listens at @door"),
            ("unix_listener --at door --says x", "unix_listener listens at door"),
        ] {
            person.run(&format!("{command} > $workspace/told &"));
            person.run(&until("grep -q . $workspace/told"));
            assert_eq!(
                person.run("cat $workspace/told /proc/$!/comm; kill $!").0,
                format!("{told}\n{}", &command[..command.find(' ').expect("a word")])
            );
        }
        assert_eq!(person.run("filereader --size 2M").1, 0);
        assert_eq!(person.run("ls -A $workspace | grep filereader").0, "", "its file has no name");
        let (why, status) = person.run("memhog --take 1G");
        assert!(status == 2 && why.starts_with("memhog: take: 1G"), "{why}");
        let place = person.run("dirname $(command -v memhog)").0;
        assert_ne!(person.run(&format!("touch {place}/x 2>&1")).1, 0, "read-only");
        // What still runs ends with the shell.
        person.run("busyloop &");
        assert_eq!(kinds(&client.ask(Command::EndShell)), ["shell ended", "idle"], "{lesson}");
        if own {
            let mut person = shell(client, "box");
            assert_eq!(person.run("dirname $(command -v memhog)").0, place);
            assert_eq!(person.run(&format!("grep -c ' {place}/busyloop ' /proc/self/mountinfo")).0, "1");
            client.ask(Command::EndShell);
        }
        client.ask(Command::Close);
    }
}

fn shell_leaves_nothing(client: &mut Client) {
    open(client, "uts");
    client.ask(Command::Run(1));
    let mut person = shell(client, "box");
    person.run("(setsid sleep 1000 &) ; sleep 1000 &");
    person.run("mkdir -p deep/closed && touch deep/closed/f && chmod 000 deep/closed");
    person.run("mkdir over && mount -t tmpfs none over && touch over/f");
    person.run("unshare --uts --pid --fork sleep 1000 &");
    assert_eq!(person.run("chown 1:1 deep; jobs | wc -l").1, 0);
    client.ask(Command::EndShell);
    let own = i32::try_from(std::process::id()).expect("a number");
    let sleeping = leftover::processes_of(own).into_iter().filter(|p| p.name == "sleep").count();
    assert_eq!(sleeping, 0, "what a shell has started ends with it");
    let events = client.ask(Command::Restart);
    assert_eq!(events[0], Event::Undone { left: Vec::new() }, "{events:?}");
    assert_eq!(leftover::of(own), Vec::<String>::new());

    if !possible(client, "cgroup-cpu") {
        return;
    }
    client.ask(Command::Open { lesson: "cgroup-cpu".into(), set: BTreeMap::new(), seed: None });
    client.ask(Command::Run(1));
    let mut person = shell(client, "admin");
    assert_eq!(person.run("mkdir $cgroup_burner/mine; sleep 1000 &").1, 0);
    assert_eq!(
        person
            .run("echo $! > $cgroup_burner/mine/cgroup.procs && cat $cgroup_burner/mine/cgroup.procs | wc -l")
            .0,
        "1"
    );
    // Without a word, as when the screen dies: everything is undone all the same.
    let events = client.ask(Command::Close);
    assert_eq!(kinds(&events), ["shell ended", "undone", "closed", "idle"]);
    assert_eq!(events[1], Event::Undone { left: Vec::new() });
}

fn no_shell(client: &mut Client) {
    let terminal = Terminal::open();
    let refused = |client: &mut Client, of: &str, why: &str| {
        let events = client.ask(Command::Shell { of: of.to_owned(), tty: terminal.path() });
        let told =
            events.iter().find_map(|e| if let Event::Refused(why) = e { Some(refusal(why)) } else { None });
        assert!(told.as_ref().is_some_and(|t| t.contains(why)), "{of}: {events:?}");
        assert!(!kinds(&events).contains(&"shell started"));
    };
    refused(client, "box", "no lesson is open");
    open(client, "uts");
    refused(client, "nobody", "is not a box");
    client.ask(Command::Run(5));
    refused(client, "guest", "is not running");
    if possible(client, "user") {
        client.ask(Command::Open { lesson: "user".into(), set: BTreeMap::new(), seed: None });
        refused(client, "box", "ordinary process");
    }
    if possible(client, "mount") {
        client.ask(Command::Open { lesson: "mount".into(), set: BTreeMap::new(), seed: None });
        client.ask(Command::Run(6));
        refused(client, "box", "has no /bin/sh");
    }
}

/// Lets a person do a step.
fn attempt(client: &mut Client, lesson: &str, step: &str) -> Option<Terminal> {
    if !possible(client, lesson) {
        return None;
    }
    let loaded = common::built_in().into_iter().find(|l| l.id == lesson).expect("built in");
    let index = loaded.steps.iter().position(|s| s.id == step).expect("a step") + 1;
    let events = client.ask(Command::Open { lesson: lesson.to_owned(), set: BTreeMap::new(), seed: None });
    assert!(kinds(&events).ends_with(&["opened", "idle"]), "{events:?}");
    let terminal = Terminal::open();
    let events = client.ask(Command::Try { index, tty: terminal.path() });
    let told = kinds(&events);
    assert!(
        told.ends_with(&["before", "namespaces", "shell started", "tried", "idle"]),
        "{lesson}/{step}: {events:?}"
    );
    let Event::Tried { verdicts, .. } = &events[events.len() - 2] else { panic!() };
    assert!(verdicts.iter().any(|v| v.status == Status::Failed), "nothing is done yet: {verdicts:?}");
    Some(terminal)
}

/// The record when the person has done it, or the last verdicts.
fn reached(client: &mut Client, step: &str) -> Result<StepRecord, Vec<Verdict>> {
    let mut last = Vec::new();
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while std::time::Instant::now() < until {
        match client.next(Duration::from_secs(60)) {
            Event::StepEnded(record) => {
                let told = (record.id.as_str(), record.by_hand, record.status.clone());
                assert_eq!(told, (step, true, Status::Passed));
                assert!(record.verdicts.iter().all(|v| v.status != Status::Failed), "{record:?}");
                return Ok(*record);
            }
            Event::Tried { verdicts, .. } => last = verdicts,
            _ => {}
        }
    }
    Err(last)
}

fn done(client: &mut Client, step: &str) -> StepRecord {
    reached(client, step).unwrap_or_else(|last| panic!("{step} was not done: {last:#?}"))
}

fn try_rename(client: &mut Client) {
    let Some(mut person) = attempt(client, "uts", "rename") else { return };
    person.run("hostname bard");
    person.run("hostname bird");
    let record = done(client, "rename");
    let name = record.readouts.iter().find(|r| r.id == "box-name").expect("the readout");
    assert_eq!(name.after.to_string(), "bird");
    assert_ne!(name.before.to_string(), "bird");
    // It goes on being watched, and ends once only.
    assert!(matches!(client.next_of("tried"), Event::Tried { .. }));
    let events = client.ask(Command::EndShell);
    assert!(kinds(&events).ends_with(&["shell ended", "idle"]) && ended(&events).is_empty(), "{events:?}");
    assert!(client.quiet(Duration::from_millis(600)), "nobody tries any more");
    let events = client.ask(Command::Run(3));
    assert_eq!(kinds(&events)[0], "undone", "what a person has done is no ground for the next step");
    assert_eq!(ended(&events).last().expect("a record").status, Status::Passed);
}

fn try_copy(client: &mut Client) {
    let Some(mut person) = attempt(client, "uts", "copy") else { return };
    person.type_in("unshare --uts");
    done(client, "copy");
    person.type_in("exit");
    // Out of it again, it does not hold any more.
    loop {
        let Event::Tried { verdicts, .. } = client.next_of("tried") else { panic!() };
        if verdicts.iter().any(|v| v.status == Status::Failed) {
            break;
        }
    }
    person.type_in("exit");
    client.next_of("shell ended");
    assert!(client.quiet(Duration::from_millis(600)), "nobody tries any more");
}

/// Lesson, step, and what a student types.
const BY_HAND: &[(&str, &str, &[&str])] = &[
    ("uts", "join", &["nsenter --uts --target $box", "hostname robin"]),
    ("uts", "reader", &["hostname wren"]),
    ("pid", "death", &["kill -9 $init"]),
    ("mount", "copy", &["unshare --mount"]),
    ("mount", "private", &["mount -t tmpfs tmpfs stage/cup", "echo hello from inner >stage/cup/hello"]),
    (
        "mount",
        "bind",
        &[
            "cd stage",
            "mount --bind src view",
            "mount -o remount,bind,ro view",
            "echo two >src/f",
            "echo three >view/f",
        ],
    ),
    ("net", "cable", &["ip link add to-right type veth peer name to-left netns $right"]),
    (
        "overlay",
        "merge",
        &["mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr merged"],
    ),
    ("overlay", "copy-up", &["echo more >>merged/in_lower"]),
    ("overlay", "identity", &["chmod 600 merged/settings"]),
    ("overlay", "whiteout", &["rm merged/doomed"]),
    ("overlay", "opaque", &["rm -r merged/cache", "mkdir merged/cache"]),
    ("overlay", "umount", &["umount merged"]),
    (
        "overlay",
        "remount",
        &["mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr merged"],
    ),
    (
        "overlay",
        "fresh",
        &[
            "umount merged",
            "mkdir upper2 work2",
            "mount -t overlay overlay -o lowerdir=lower,upperdir=upper2,workdir=work2,userxattr merged",
        ],
    ),
    (
        "cgroup-memory",
        "page",
        &["echo 10000000 >$(ls $cgroup_small/memory.max $cgroup_small/memory.limit_in_bytes)"],
    ),
    ("cgroup-memory", "blind", &["echo $insider >$cgroup_roomy/cgroup.procs"]),
    ("cgroup-memory", "late", &["echo $latecomer >$cgroup_small/cgroup.procs"]),
];

fn try_many(client: &mut Client) {
    for (lesson, step, commands) in BY_HAND {
        let program = commands[0].split(' ').next().unwrap_or_default();
        if program == "ip" && which("ip").is_none() {
            skip(&format!("{lesson}/{step}"), "there is no ip here");
            continue;
        }
        let Some(mut person) = attempt(client, lesson, step) else { continue };
        for command in *commands {
            person.type_in(command);
            person.wait_for("# ");
        }
        done(client, step);
        client.ask(Command::EndShell);
        let events = client.ask(Command::Restart);
        assert_eq!(events[0], Event::Undone { left: Vec::new() }, "{lesson}/{step}");
    }
}

fn which(program: &str) -> Option<()> {
    ["/sbin", "/usr/sbin", "/bin", "/usr/bin"]
        .iter()
        .any(|d| Path::new(d).join(program).exists())
        .then_some(())
}

fn try_quota(client: &mut Client) {
    let Some(mut person) = attempt(client, "cgroup-cpu", "quota") else { return };
    person.run(
        "cd $cgroup_burner; [ -e cpu.max ] && echo 20000 100000 >cpu.max || echo 20000 >cpu.cfs_quota_us",
    );
    let record = match reached(client, "quota") {
        Ok(record) => record,
        // A share is the machine's as much as the person's.
        Err(verdicts)
            if verdicts
                .iter()
                .all(|v| v.status != Status::Failed || isolab::present::verdict::subject(v) == "share") =>
        {
            return skip(
                "cgroup-cpu/quota",
                &format!("this machine is too busy for its share: {verdicts:?}"),
            );
        }
        Err(verdicts) => panic!("quota was not done: {verdicts:#?}"),
    };
    assert!(record.readouts.iter().any(|r| r.id == "share"), "{record:?}");
}

fn try_refused(client: &mut Client) {
    open(client, "pid");
    let terminal = Terminal::open();
    let lesson = common::built_in().into_iter().find(|lesson| lesson.id == "pid").expect("the lesson");
    let no_shell_can = 1 + lesson.steps.iter().position(|step| step.id == "zombie").expect("the step");
    for index in [0, no_shell_can, 77] {
        let events = client.ask(Command::Try { index, tty: terminal.path() });
        assert_eq!(kinds(&events), ["refused", "idle"], "{events:?}");
    }
}

/// A lab with a shell in which something goes on, until it is killed.
fn to_be_killed() {
    let mut client = Client::start();
    open(&mut client, "uts");
    client.ask(Command::Run(1));
    let mut person = shell(&mut client, "box");
    person.run("(setsid sleep 1000 &) ; sleep 1000 &");
    person.run("unshare --pid --fork --mount sleep 1000 &");
    println!("ready");
    std::thread::sleep(Duration::from_secs(300));
}

/// This program as the lab that this word names, when it says that it is ready, and its number.
fn start_ready(word: &str) -> (std::process::Child, i32) {
    use std::io::BufRead;
    use std::process::Stdio;
    let own = std::env::current_exe().expect("own path");
    let mut command = std::process::Command::new(own);
    let mut lab = command.arg(word).stdout(Stdio::piped()).spawn().expect("start");
    let pid = i32::try_from(lab.id()).expect("a number");
    let mut line = String::new();
    std::io::BufReader::new(lab.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert_eq!(line.trim(), "ready");
    (lab, pid)
}

fn killed(_: &mut Client) {
    let (mut lab, pid) = start_ready(TO_BE_KILLED);
    // The shell does not wait for those that it has put into the background.
    let sleep = || leftover::processes_of(pid).iter().filter(|p| p.name == "sleep").count();
    let all = common::wait_for(Duration::from_secs(30), || (sleep() == 3).then_some(()));
    assert!(all.is_some(), "{} of 3 that sleep", sleep());
    lab.kill().expect("kill");
    lab.wait().expect("wait");
    let gone = common::wait_for(Duration::from_secs(30), || leftover::of(pid).is_empty().then_some(()));
    assert!(gone.is_some(), "left behind:\n{}", leftover::of(pid).join("\n"));
}

/// How long the strays of a lab sleep: by that they are found, for they keep nothing of the run.
fn stray_of(lab: u32) -> String {
    format!("7{lab}")
}

/// A lab with a shell that has let processes loose: without an environment, in sessions of their own, and one in a further user namespace.
fn with_strays() {
    let mut client = Client::start();
    open(&mut client, "uts");
    client.ask(Command::Run(1));
    let mut person = shell(&mut client, "box");
    let sleep = stray_of(std::process::id());
    person.run(&format!("(env -i setsid sleep {sleep} &)"));
    person.run(&format!("(setsid unshare --user --map-root-user env -i sleep {sleep} &)"));
    println!("ready");
    std::thread::sleep(Duration::from_secs(300));
}

fn strays_of_a_shell(_: &mut Client) {
    use nix::sys::signal::{Signal, kill};
    use std::io::BufRead;
    use std::process::Stdio;
    let long = Duration::from_secs(60);
    for both in [false, true] {
        let own = std::env::current_exe().expect("own path");
        let mut command = std::process::Command::new(own);
        let mut lab = command.arg(WITH_STRAYS).stdout(Stdio::piped()).spawn().expect("start");
        let pid = i32::try_from(lab.id()).expect("a number");
        let mut line = String::new();
        std::io::BufReader::new(lab.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), "ready");
        let word = stray_of(lab.id());
        let strays = || {
            let is_one = |p: &leftover::Process| p.name == "sleep" && p.arguments.get(1) == Some(&word);
            leftover::processes().into_iter().filter(is_one).collect::<Vec<_>>()
        };
        let all = common::wait_for(long, || (strays().len() == 2).then_some(()));
        assert!(all.is_some(), "{:?}, not 2 that sleep", strays());
        assert!(strays().iter().all(|p| p.run.is_none()), "{:?} have the mark", strays());
        let guardian = leftover::guardian_of(pid).expect("a guardian");
        if both {
            lab.kill().expect("kill");
        }
        kill(nix::unistd::Pid::from_raw(guardian), Signal::SIGKILL).expect("kill");
        if both {
            lab.wait().expect("wait");
            let dead = common::wait_for(long, || leftover::guardian_anywhere(pid).is_none().then_some(()));
            assert!(dead.is_some(), "the guardian does not die");
            // The sweep of a run beside may have been quicker, and is not through yet.
            isolab::actor::sweep::sweep(Duration::ZERO);
        }
        let gone = common::wait_for(long, || strays().is_empty().then_some(()));
        assert!(gone.is_some(), "both killed: {both}; left: {:#?}", strays());
        let gone = common::wait_for(long, || leftover::of(pid).is_empty().then_some(()));
        assert!(gone.is_some(), "both killed: {both}; left behind:\n{}", leftover::of(pid).join("\n"));
        let _ = lab.kill();
        let _ = lab.wait();
    }
}

/// Whatever a lesson has done to its boxes: there is a shell in each, or a reason why not, and nothing is left.
fn shell_everywhere(client: &mut Client) {
    let middle = [("pid", 4), ("mount", 3), ("mount", 5), ("user", 6)];
    let lessons = common::built_in();
    let last = lessons.iter().map(|l| (l.id.as_str(), l.steps.len()));
    for (id, index) in middle.into_iter().chain(last) {
        if !possible(client, id) {
            continue;
        }
        client.ask(Command::Open { lesson: id.to_owned(), set: BTreeMap::new(), seed: None });
        client.ask(Command::Run(index));
        let lesson = lessons.iter().find(|l| l.id == id).expect("built in");
        let mut started = 0;
        for name in lesson.boxes.keys() {
            let mut terminal = Terminal::open();
            let events = client.ask(Command::Shell { of: name.clone(), tty: terminal.path() });
            match &events[events.len() - 2] {
                Event::ShellStarted { .. } => {
                    started += 1;
                    terminal.wait_for("# ");
                    let told =
                        terminal.run("echo $$ $(id -u) $BASH_VERSION; readlink /proc/self; touch /etc/x");
                    assert_ne!(told.1, 0, "{id}/{name} wrote to /etc");
                    if std::env::var_os("SESSION_TEST_TELLS").is_some() {
                        note(&format!(
                            "{id}:{index} {name}: {:?} {}",
                            told.0,
                            terminal.run("echo $shell $init $outer").0
                        ));
                    }
                    assert_eq!(kinds(&client.ask(Command::EndShell)), ["shell ended", "idle"]);
                }
                Event::Refused(why) => {
                    let why = refusal(why);
                    let reasons = ["is not running", "ordinary process", "has no /bin/sh"];
                    assert!(reasons.iter().any(|r| why.contains(r)), "{id}:{index} {name}: {why}");
                }
                other => panic!("{id}:{index} {name}: {other:?}"),
            }
        }
        assert!(started > 0 || id == "user", "{id}:{index}: no shell in any box");
        let events = client.ask(Command::Restart);
        assert_eq!(events[0], Event::Undone { left: Vec::new() }, "{id}:{index}");
    }
}
