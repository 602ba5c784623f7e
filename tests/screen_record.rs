//! Records what the engine says of each lesson, for the tests of the screen. It does so only when it is asked to:
//! `cargo test --test screen_record -- --ignored [LESSON…]`. `ISOLAB_RECORDINGS` names another directory, in a guest. See `tests/screen/README.md`.

#[path = "screen/normal.rs"]
mod normal;
#[path = "screen/recording.rs"]
mod recording;

use isolab::engine::{self, machine::Machine};
use isolab::events::{Command, Event, Status};
use isolab::lesson::Catalog;
use recording::{Exchange, Recording};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Any answer comes within this time, however busy the machine is: 2 minutes.
const PATIENCE: Duration = Duration::from_secs(120);
/// A step that cannot be measured now is tried so often.
const TRIES: usize = 12;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(status) = isolab::actor::hidden(&words) {
        return ExitCode::from(u8::try_from(status).unwrap_or(1));
    }
    let status = match words.as_slice() {
        [_, .., "--list"] => 0,
        [_, rest @ ..] if rest.contains(&"--ignored") => record(rest),
        _ => {
            let _ = writeln!(std::io::stderr(), "skipped: recording: only with --ignored");
            0
        }
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

fn record(words: &[&str]) -> i32 {
    let wanted: Vec<&&str> = words.iter().filter(|w| !w.starts_with('-')).collect();
    let catalog = Catalog::built_in();
    for source in catalog.sources() {
        if wanted.is_empty() || wanted.iter().any(|w| **w == source.id) {
            let lesson = source.load(&BTreeMap::new()).expect("the built-in lessons have no mistakes");
            let exchanges = walk(&source.id, lesson.steps.len());
            let recording = Recording { lesson: source.id.clone(), exchanges };
            let (text, steps) = (normal::normalised(&recording), lesson.steps.len());
            let place = match std::env::var_os("ISOLAB_RECORDINGS") {
                Some(directory) => Path::new(&directory).join(format!("{}.json", source.id)),
                None => recording::place(&source.id),
            };
            std::fs::write(place, &text).expect("write the recording");
            println!("{}: {steps} steps, {} bytes", source.id, text.len());
        }
    }
    0
}

fn was_blocked(event: &Event) -> bool {
    let Event::StepEnded(record) = event else { return false };
    let statuses = record.verdicts.iter().map(|v| &v.status).chain([&record.status]);
    statuses.into_iter().any(|s| matches!(s, Status::Blocked { .. }))
}

/// Everything that the engine says while a lesson is gone through from its first step to its last.
fn walk(lesson: &str, steps: usize) -> Vec<Exchange> {
    let (commands, asked) = channel();
    let (tell, told) = channel();
    let engine = std::thread::spawn(move || {
        let machine = Machine::read().expect("read the machine");
        let cancel = Arc::new(AtomicBool::new(false));
        engine::serve(&machine, &Catalog::built_in(), &asked, &cancel, &mut |event| {
            let _ = tell.send(event);
        });
    });
    let next = || told.recv_timeout(PATIENCE).expect("an event");
    assert!(matches!(next(), Event::Readiness(_)), "readiness comes first");
    let open = Command::Open { lesson: lesson.to_owned(), set: BTreeMap::new(), seed: None };
    // As a person goes through a lesson: each step is prepared when it is opened, and then run.
    let all = std::iter::once(open).chain((1..=steps).flat_map(|n| [Command::Prepare(n), Command::Run(n)]));
    let exchanges = all.map(|command| {
        let mut events = Vec::new();
        // What other work on the machine has blocked is tried again.
        for _ in 0..TRIES {
            events.clear();
            commands.send(command.clone()).expect("the engine lives");
            while events.last() != Some(&Event::Idle) {
                events.push(next());
            }
            if !events.iter().any(was_blocked) {
                break;
            }
        }
        Exchange { command, events }
    });
    let exchanges = exchanges.collect();
    drop(commands);
    engine.join().expect("the engine ends well");
    exchanges
}
