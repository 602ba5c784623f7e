//! The solutions that the built-in lessons show to whoever tries a step: before they are typed the step is not done, and after that it is. Each
//! in a shell of the engine's own on a real terminal, as whoever runs the tests, and when that is root, also as an ordinary user.

#[path = "session/client.rs"]
#[allow(dead_code)]
mod client;
mod common;
#[path = "session/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use client::{Client, kinds};
use common::{leftover, note, skip};
use isolab::actor::trial::Trial;
use isolab::engine::machine::Machine;
use isolab::events::{Command, Event, Status, Verdict};
use isolab::lesson::{by_hand, text};
use isolab::present::verdict;
use isolab::vocabulary::{Ability, Lesson, Need, Step};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use terminal::Terminal;

/// What is typed has come true within this time, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);
/// Only other work on the machine stands in the way of a share: so long.
const QUIET: Duration = Duration::from_secs(15);
/// What every shell does itself.
const OF_THE_SHELL: &[&str] = &["cd", "echo", "exec", "for", "kill"];
/// The lab's own workloads, which are in the path of its shells alone.
const OF_THE_LAB: &[&str] = &["busyloop", "memhog", "filereader", "forker", "tcp_server", "unix_listener"];
/// Where the shell looks for programs.
const PATH: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(status) = isolab::actor::hidden(&words) {
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    let status = match words.as_slice() {
        [_, .., "--list"] => {
            for lesson in common::built_in() {
                println!("{}: test", lesson.id);
            }
            0
        }
        [_, rest @ ..] => i32::from(!common::as_everybody(rest, tests)),
        [] => 1,
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

/// Every lesson of which the id, or `LESSON/STEP`, has one of the words in it.
fn tests(who: &str, filters: &[&str]) -> bool {
    let filters: Vec<&&str> = filters.iter().filter(|f| !f.starts_with('-')).collect();
    if let Err(refusal) = Trial::Of(Ability::User).make(0) {
        skip(who, &format!("no user namespaces here: {refusal}"));
        return true;
    }
    let machine = Machine::read().expect("read the machine");
    let mut good = true;
    for lesson in common::built_in() {
        let tried = lesson.steps.iter().enumerate().filter(|(_, step)| {
            let name = format!("{}/{}", lesson.id, step.id);
            step.solution.is_some() && (filters.is_empty() || filters.iter().any(|f| name.contains(**f)))
        });
        let tried: Vec<(usize, &Step)> = tried.collect();
        if tried.is_empty() {
            continue;
        }
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| whole_lesson(&lesson, &tried, &machine)));
        note(&format!("test {} ({who}) ... {}", lesson.id, if result.is_ok() { "ok" } else { "FAILED" }));
        good &= result.is_ok();
    }
    good
}

fn whole_lesson(lesson: &Lesson, tried: &[(usize, &Step)], machine: &Machine) {
    let mut client = Client::start();
    if let Some(reason) = client.blocked(&lesson.id) {
        skip(&lesson.id, &reason);
        return client.finish();
    }
    let events = client.ask(Command::Open { lesson: lesson.id.clone(), set: BTreeMap::new(), seed: None });
    assert_eq!(kinds(&events), ["opened", "idle"], "{events:?}");
    let own = i32::try_from(std::process::id()).expect("a number");
    for (at, step) in tried {
        let name = format!("{}/{}", lesson.id, step.id);
        match solve(&mut client, lesson, *at + 1, machine) {
            Ok(()) => note(&format!("  {name}: solved")),
            Err(reason) => skip(&name, &reason),
        }
        let events = client.ask(Command::Restart);
        let undone = events.iter().find(|e| matches!(e, Event::Undone { .. }));
        assert!(
            undone.is_none_or(|u| *u == Event::Undone { left: Vec::new() }),
            "{name} has left: {undone:?}"
        );
        let left = leftover::processes_of(own).into_iter().filter(|p| p.name != "tries").collect::<Vec<_>>();
        assert!(left.is_empty(), "{name} has left {left:?}");
    }
    client.finish();
    let left = leftover::of(own);
    assert!(left.is_empty(), "left behind:\n{}", left.join("\n"));
}

/// What a person would type here, a line each.
fn commands(lesson: &Lesson, step: &Step, machine: &Machine) -> Result<Vec<String>, String> {
    by_hand::can(lesson, step, machine.variant())?;
    let solution = step.solution.as_ref().and_then(|s| s.here(machine.variant()));
    let filled = text::fill(solution.expect("can"), &lesson.params, machine.variant());
    let lines: Vec<String> = filled.lines().map(str::to_owned).collect();
    for line in &lines {
        let line = of_which_box(lesson, line).map_or(line.as_str(), |(_, line)| line);
        let program = line.split(' ').next().unwrap_or("");
        let own = program.contains('=') || OF_THE_SHELL.contains(&program) || OF_THE_LAB.contains(&program);
        if !own && !PATH.iter().any(|directory| Path::new(directory).join(program).exists()) {
            return Err(format!("there is no program `{program}` here"));
        }
        let is_program = |word: &&str| word.starts_with("/bin/") || word.starts_with("/usr/bin/");
        if let Some(missing) = line.split(' ').filter(is_program).find(|word| !Path::new(word).exists()) {
            return Err(format!("there is no program `{missing}` here"));
        }
    }
    Ok(lines)
}

/// A line such as `right# ip link set lo up` is typed in the shell of that box.
fn of_which_box<'c>(lesson: &Lesson, line: &'c str) -> Option<(&'c str, &'c str)> {
    line.split_once("# ").filter(|(of, _)| lesson.boxes.contains_key(*of))
}

/// A shell in one more box.
fn open_shell(client: &mut Client, of: &str) -> Terminal {
    let terminal = Terminal::open();
    let events = client.ask(Command::Shell { of: of.to_owned(), tty: terminal.path() });
    assert!(events.iter().any(|e| matches!(e, Event::ShellStarted { .. })), "{of}: {events:?}");
    terminal.wait_for(&format!("{of}# "));
    terminal
}

/// Does a step as a person who reads the solution; the reason when it cannot be done here.
fn solve(client: &mut Client, lesson: &Lesson, index: usize, machine: &Machine) -> Result<(), String> {
    let step = &lesson.steps[index - 1];
    let commands = commands(lesson, step, machine)?;
    let mut person = Terminal::open();
    let events = client.ask(Command::Try { index, tty: person.path() });
    let refused = events.iter().find_map(|e| match e {
        Event::Refused(why) => Some(isolab::present::shell::refusal(why)),
        Event::StepEnded(record) => match &record.status {
            Status::Blocked { reason, .. } => Some(reason.clone()),
            _ => None,
        },
        _ => None,
    });
    let by_hand = |e: &Event| matches!(e, Event::StepEnded(record) if record.by_hand);
    let Some(Event::Tried { verdicts, .. }) = events.iter().rfind(|e| matches!(e, Event::Tried { .. }))
    else {
        if !machine.applies(step.when.as_ref()) {
            return Err("it belongs to another kind of machine".to_owned());
        }
        panic!("{}: nobody is let in: {refused:?}", step.id);
    };
    let failed = |verdicts: &[Verdict]| verdicts.iter().any(|v| v.status == Status::Failed);
    assert!(failed(verdicts), "{}: done before anything was typed: {verdicts:?}", step.id);
    assert!(!events.iter().any(by_hand), "{}: it has ended", step.id);
    let hands = by_hand::possible(lesson, step).expect("can");
    person.wait_for(&format!("{}# ", hands.first()));
    let mut others: BTreeMap<&str, Terminal> = BTreeMap::new();
    for command in &commands {
        let (of, command) = of_which_box(lesson, command).unwrap_or((hands.first(), command));
        let terminal = match of {
            first if first == hands.first() => &mut person,
            other => others.entry(other).or_insert_with(|| open_shell(client, other)),
        };
        terminal.type_in(command);
        // The next prompt, also that of another shell.
        terminal.wait_for("\n");
        terminal.wait_for("# ");
    }
    let terminals: Vec<&Terminal> = std::iter::once(&person).chain(others.values()).collect();
    done(client, step, &terminals)?;
    if step.measure.is_none() {
        // It stays so, as long as nobody types anything.
        let Event::Tried { verdicts, .. } = client.next_of("tried") else { panic!() };
        assert!(!failed(&verdicts), "{}: it did not last: {verdicts:?}", step.id);
    }
    let events = client.ask(Command::EndShell);
    assert!(kinds(&events).ends_with(&["shell ended", "idle"]), "{events:?}");
    assert!(!events.iter().any(by_hand), "{}: it ends once", step.id);
    Ok(())
}

/// Waits until the step is done; the reason when other work on the machine does not let it.
fn done(client: &Client, step: &Step, terminals: &[&Terminal]) -> Result<(), String> {
    let shown = || terminals.iter().map(|t| t.shown()).collect::<Vec<_>>().join("\n");
    let until = Instant::now() + PATIENCE;
    let (mut last, mut quiet) = (Vec::new(), None);
    while Instant::now() < until {
        match client.next(PATIENCE) {
            Event::StepEnded(record) => {
                let found = (record.id.as_str(), record.by_hand, record.status.clone());
                assert_eq!(found, (step.id.as_str(), true, Status::Passed));
                return Ok(());
            }
            Event::Tried { verdicts, .. } => last = verdicts,
            Event::ShellEnded { .. } => panic!("{}: the shell has ended\n{}", step.id, shown()),
            _ => {}
        }
        let blocked = last.iter().find_map(|v| match &v.status {
            Status::Blocked { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        let only = blocked.filter(|_| !last.iter().any(|v| v.status == Status::Failed));
        match only {
            None => quiet = None,
            Some(reason) if quiet.get_or_insert_with(Instant::now).elapsed() > QUIET => return Err(reason),
            Some(_) => {}
        }
    }
    // A share of an idle CPU is the machine's as much as the person's.
    let idle = |subject: &str| {
        let needs = step.expect.iter().filter(|e| e.subject == subject).flat_map(|e| &e.modifiers.needs);
        subject == "share" || needs.into_iter().any(|need| matches!(need, Need::IdleCpus(_)))
    };
    let missed: Vec<_> = last.iter().filter(|v| v.status == Status::Failed).collect();
    if !missed.is_empty() && missed.iter().all(|v| idle(verdict::subject(v))) {
        return Err(format!(
            "this machine is too busy for its share: {}: {}",
            verdict::claim(missed[0]),
            verdict::actual(missed[0])
        ));
    }
    panic!("{} was not done: {last:#?}\n{}", step.id, shown());
}
