//! What the screen costs, beside the best on the same machine, from outside and in a real terminal: `cargo bench --bench tui`. Nothing here passes or
//! fails by time; machines are noisy. bottom (`btm`) and `htop` are measured where they are found in `PATH`.

mod screen;

use screen::pty::Pty;
use screen::{PATIENCE, QUIET, SIZE, Subject, Usage, WIDE, at, first_title, go_into, millis, start};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the program is left alone.
const IDLE: Duration = Duration::from_secs(10);
const STARTS: usize = 9;
const KEYS: usize = 50;

/// What came out.
struct Measure {
    name: String,
    /// In the order of [`HEADS`]; what could not be measured is no number.
    values: [f64; 8],
    /// Of the processes that it has begun.
    others: String,
}

const HEADS: [(&str, &str); 8] = [
    ("frame", "ms"),
    ("cpu", "%"),
    ("switches", "/s"),
    ("key", "ms"),
    ("p95", "ms"),
    ("wide key", "ms"),
    ("p95", "ms"),
    ("RSS", "MB"),
];

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let home = std::env::temp_dir().join(format!("isolab-bench-tui-{}", std::process::id()));
    std::fs::create_dir_all(&home).expect("a directory for progress");
    let mut measures = Vec::new();
    for subject in subjects() {
        match measure(&subject, &home) {
            Ok(measure) => measures.push(measure),
            Err(why) => println!("{}: {why}", subject.name),
        }
    }
    std::fs::remove_dir_all(&home).expect("the directory can be removed");
    print(&measures);
}

fn subjects() -> Vec<Subject> {
    let isolab =
        |name: &str, arguments: &[&str], marker: &str, into: &[(&'static str, &'static str)], keys| Subject {
            name: format!("isolab {name}"),
            program: env!("CARGO_BIN_EXE_isolab").into(),
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
            marker: marker.to_owned(),
            into: into.to_vec(),
            keys,
        };
    let uts = first_title("uts");
    // A shell beside the readouts of a step, which are then read 4 times a second.
    let shell = [("<enter>", "r again"), ("s", "a shell in which box"), ("<enter>", "box#")];
    let mut all = vec![
        isolab("Home", &[], "q quit", &[], ["<down>", "<up>"]),
        isolab("uts", &["learn", "uts"], &uts, &[], ["?", "<esc>"]),
        isolab("live readouts", &["learn", "uts"], &uts, &shell, ["x", "<backspace>"]),
    ];
    // No escape key for others: a library that waits whether more follows would be what is measured.
    let other = |name: &str, marker: &str, keys| {
        which::which(name).ok().map(|program| Subject {
            name: name.to_owned(),
            program,
            arguments: Vec::new(),
            marker: marker.to_owned(),
            into: Vec::new(),
            keys,
        })
    };
    for (name, found) in [
        ("btm", other("btm", "Processes", ["<down>", "<up>"])),
        ("htop", other("htop", "F10Quit", ["<down>", "<up>"])),
    ] {
        match found {
            Some(subject) => all.push(subject),
            None => println!("{name}: not found in PATH, so not measured"),
        }
    }
    all
}

fn measure(subject: &Subject, home: &Path) -> Result<Measure, String> {
    let mut frames = Vec::new();
    for _ in 1..STARTS {
        let (pty, frame) = start(subject, SIZE, home)?;
        frames.push(millis(frame));
        pty.end();
    }
    let (pty, frame) = start(subject, SIZE, home)?;
    frames.push(millis(frame));
    go_into(subject, &pty)?;
    // What it does once and a little later is not idling.
    let settled = pty.executed() + Duration::from_secs(2);
    std::thread::sleep(settled.saturating_duration_since(Instant::now()));
    let pid = pty.pid();
    let begun = descendants(pid);
    let (before, others, since) = (Usage::of(&[pid]), Usage::of(&begun), Instant::now());
    std::thread::sleep(IDLE);
    let lasted = since.elapsed().as_secs_f64();
    let (after, others_after) = (Usage::of(&[pid]), Usage::of(&begun));
    let (key, slow) = latency(subject, &pty)?;
    pty.end();
    let (pty, _) = start(subject, WIDE, home)?;
    go_into(subject, &pty)?;
    let (wide, wide_slow) = latency(subject, &pty)?;
    pty.end();
    let others = match begun.len() {
        0 => String::new(),
        n => format!(
            "and {n} processes of its own: {:.2} % CPU, {:.1} switches/s, {:.1} MB",
            (others_after.cpu - others.cpu) / lasted * 100.0,
            (others_after.switches - others.switches) / lasted,
            others_after.rss
        ),
    };
    let values = [
        at(&mut frames, 0.5),
        (after.cpu - before.cpu) / lasted * 100.0,
        (after.switches - before.switches) / lasted,
        key,
        slow,
        wide,
        wide_slow,
        after.rss,
    ];
    Ok(Measure { name: subject.name.clone(), values, others })
}

/// From a key to the first output that changes the screen: median and 95th percentile, in milliseconds.
fn latency(subject: &Subject, pty: &Pty) -> Result<(f64, f64), String> {
    let mut taken = Vec::new();
    for key in subject.keys.iter().cycle().take(KEYS) {
        pty.wait_quiet(QUIET);
        pty.record();
        let typed = Instant::now();
        pty.keys(key);
        let change = pty.wait_change(PATIENCE);
        let change =
            change.ok_or_else(|| format!("no answer to {key}; on the screen was\n{}", pty.screen()))?;
        taken.push(millis(change.at.duration_since(typed)));
    }
    Ok((at(&mut taken, 0.5), at(&mut taken, 0.95)))
}

/// Processes that a process has begun, and those that they have.
fn descendants(pid: i32) -> Vec<i32> {
    let parent = |pid: i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<i32>().ok()
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: Vec<(i32, i32)> = entries
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .filter_map(|p| Some((p, parent(p)?)))
        .collect();
    let (mut found, mut open) = (Vec::new(), vec![pid]);
    while let Some(parent) = open.pop() {
        let children = all.iter().filter(|(_, p)| *p == parent).map(|(child, _)| *child);
        let children: Vec<i32> = children.collect();
        found.extend(&children);
        open.extend(children);
    }
    found
}

fn print(measures: &[Measure]) {
    let row = |name: &str, cells: [String; 8]| {
        println!("{name:<22}{}", cells.map(|cell| format!("{cell:>12}")).concat());
    };
    println!(
        "at {}x{}: first frame (median of {STARTS}), {} s idle, a key (median and p95 of {KEYS}, also at {}x{}), memory",
        SIZE.0,
        SIZE.1,
        IDLE.as_secs(),
        WIDE.0,
        WIDE.1
    );
    row("", HEADS.map(|(head, unit)| format!("{head} {unit}")));
    for measure in measures {
        row(&measure.name, measure.values.map(|value| format!("{value:.2}")));
        if !measure.others.is_empty() {
            println!("{:<22}  {}", "", measure.others);
        }
    }
    for best in measures.iter().filter(|m| !m.name.starts_with("isolab")) {
        for isolab in measures.iter().filter(|m| m.name.starts_with("isolab")) {
            let mut values = isolab.values.iter().zip(best.values);
            let ratios = HEADS
                .map(|_| values.next().map_or(String::new(), |(own, best)| format!("{:.2}", own / best)));
            row(&format!("{} / {}", isolab.name, best.name), ratios);
        }
    }
}
