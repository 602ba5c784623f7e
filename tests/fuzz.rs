//! Mutants of the shipped lessons and of the hostile ones: whatever a file says, reading it ends without a panic, with mistakes that have their
//! places or with a lesson that can be explained; and some of those that pass are run.
//!
//! The seed is fixed, so that a failure can be looked at again; `ISOLAB_SEED` sets another, `ISOLAB_SLOW=1` takes ten minutes instead of one.

mod common;

use common::random::Random;
use common::{Program, is_root, leftover, note, skip, test, wait_for};
use isolab::lesson::{Catalog, load};
use isolab::report::lesson_text::{Context, show};
use isolab::vocabulary::when::Rights;
use isolab::vocabulary::{Lesson, Variant, Verb, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const SEED: u64 = 10;
/// How long lessons are made and read: 45 s, or ten minutes.
const QUICK: Duration = Duration::from_secs(45);
const SLOW: Duration = Duration::from_secs(600);
/// One mutant that is not done after this time will never be. No measure of speed.
const STUCK: Duration = Duration::from_secs(60);
/// So many of those that pass are run.
const RUN_QUICK: usize = 10;
const RUN_SLOW: usize = 150;
/// A file has at most so many bytes, as the loader takes it.
const MOST: usize = 900_000;

/// What is put in the place of something else.
const ODD: &[&str] = &[
    "",
    "~",
    "[]",
    "{}",
    "\"\"",
    "-1",
    "0",
    "99999999999999999999",
    "1e308",
    "NaN",
    "$x",
    "{$x}",
    "{cpu.max}",
    "!!binary x",
    "&a",
    "*a",
    "<<: *a",
    "\u{85}",
    "\u{202e}",
    "\u{1b}]0;x\u{7}",
    "\u{feff}",
    "\t",
    "'",
    "\"",
    "|",
    ">-",
    "...",
    "---",
    "# x",
    ": x",
    "- - - -",
    "../../..",
    "/",
    ".",
    "host",
    "run",
    "box",
    "fails: EPERM",
    "when: { cgroup: v1 }",
    "<a>",
    "<9..1>",
    "{ lacks: ... }",
    "1B",
    "900G",
    "60s",
    "61s",
    "0%",
    "4x",
];

struct Pool {
    texts: Vec<String>,
    lines: Vec<String>,
}

impl Pool {
    fn read() -> Self {
        let mut texts: Vec<String> = Catalog::built_in()
            .sources()
            .iter()
            .map(|s| s.text().unwrap_or_else(|d| panic!("{}", d[0])))
            .collect();
        let mut files: Vec<PathBuf> = Vec::new();
        for directory in ["tests/hostile", "tests/lint", "tests/lessons"] {
            let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory));
            files.extend(entries.into_iter().flatten().flatten().map(|e| e.path()));
        }
        files.sort();
        texts.extend(
            files.iter().filter_map(|f| std::fs::read_to_string(f).ok()).filter(|t| t.len() < 100_000),
        );
        let lines = texts.iter().flat_map(|t| t.lines()).map(str::to_owned).collect();
        Pool { texts, lines }
    }

    fn mutant(&self, random: &mut Random) -> String {
        let mut lines: Vec<String> = random.one(&self.texts).lines().map(str::to_owned).collect();
        for _ in 0..=random.below(4) {
            if lines.is_empty() {
                break;
            }
            self.change(&mut lines, random);
        }
        let mut text = lines.join(if random.below(50) == 0 { "\r\n" } else { "\n" });
        if random.below(4) > 0 {
            text.push('\n');
        }
        let cut = (0..=text.len().min(MOST)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        text
    }

    fn change(&self, lines: &mut Vec<String>, random: &mut Random) {
        let at = random.below(lines.len());
        match random.below(14) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines.insert(at, random.one(&self.lines).clone()),
            3 => lines[at].clone_from(random.one(&self.lines)),
            4 => {
                let other = random.below(lines.len());
                lines.swap(at, other);
            }
            5 => lines[at].insert_str(0, &" ".repeat(random.below(5))),
            6 => lines[at] = lines[at].trim_start().to_owned(),
            7 => lines.truncate(at),
            // A value for another.
            8 | 9 => {
                if let Some((key, _)) = lines[at].split_once(": ") {
                    lines[at] = format!("{key}: {}", random.one(ODD));
                }
            }
            // A word for another.
            10 => {
                let words: Vec<&str> = lines[at].split(' ').collect();
                let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
                let word = random.below(words.len());
                words[word] = if random.below(2) == 0 {
                    (*random.one(ODD)).to_owned()
                } else {
                    random.one(&self.lines).split(' ').next_back().unwrap_or_default().to_owned()
                };
                lines[at] = words.join(" ");
            }
            11 => {
                let mut letters: Vec<char> = lines[at].chars().collect();
                if !letters.is_empty() {
                    let letter = random.below(letters.len());
                    letters[letter] = *random.one(&[
                        '{',
                        '}',
                        '[',
                        ']',
                        ':',
                        '#',
                        '\'',
                        '"',
                        '-',
                        '\u{0}',
                        '\u{7f}',
                        'é',
                        '\u{1F980}',
                        '9',
                    ]);
                    lines[at] = letters.into_iter().collect();
                }
            }
            // A part, many times.
            12 => {
                let end = (at + 1 + random.below(12)).min(lines.len());
                let part: Vec<String> = lines[at..end].to_vec();
                for _ in 0..random.below(40) {
                    for (n, line) in part.iter().enumerate() {
                        lines.insert((at + n).min(lines.len()), line.clone());
                    }
                }
            }
            // A long line, or a deep one.
            _ => {
                let part = (*random.one(&["x", "[", "{ a: ", "- ", "../", "é", "<n>...", "\\"])).to_owned();
                lines[at].push_str(&part.repeat(random.below(3000)));
            }
        }
    }
}

/// A lesson's id is its file's name.
fn id(text: &str) -> String {
    let found = text.lines().find_map(|l| l.strip_prefix("id: ")).unwrap_or("mutant").trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if found.chars().all(plain) && !found.is_empty() { found.to_owned() } else { "mutant".to_owned() }
}

/// Reads a text as every part of the program does that reads lessons; the lesson when it passes.
fn read(text: &str) -> Option<Lesson> {
    match load(&format!("{}.yaml", id(text)), text, &BTreeMap::new()) {
        Err(mistakes) => {
            assert!(!mistakes.is_empty() && mistakes.len() <= 100, "{} mistakes", mistakes.len());
            for mistake in &mistakes {
                assert!(mistake.offset <= text.len(), "{mistake}");
                let _ = (mistake.render(false), mistake.render(true));
            }
            None
        }
        Ok(lesson) => {
            for version in [Version::V1, Version::V2] {
                for rights in [Rights::Root, Rights::Rootless] {
                    let variant = Variant::new(version, rights).with_files(|name| Some(name.to_owned()));
                    let context = Context {
                        width: 80,
                        variant: &variant,
                        answers: true,
                        notes: true,
                        unmet: &|_| None,
                    };
                    let shown = show(&lesson, &context);
                    assert!(!shown.is_empty());
                }
            }
            Some(lesson)
        }
    }
}

fn slow() -> bool {
    std::env::var_os("ISOLAB_SLOW").is_some()
}

fn seed() -> u64 {
    std::env::var("ISOLAB_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(SEED)
}

/// Makes and reads mutants on a thread of its own, which tells each before it reads it; those that pass, and counts.
fn mutants(for_how_long: Duration) -> (Vec<String>, BTreeMap<&'static str, usize>) {
    let (tell, told) = mpsc::channel::<String>();
    let maker = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || {
        let (pool, mut random) = (Pool::read(), Random(seed()));
        let (mut passed, mut seen) = (Vec::new(), BTreeSet::new());
        let mut counts = BTreeMap::from([("mutants", 0), ("refused", 0), ("passed", 0)]);
        let until = Instant::now() + for_how_long;
        while Instant::now() < until {
            let text = pool.mutant(&mut random);
            *counts.entry("mutants").or_default() += 1;
            if tell.send(text.clone()).is_err() {
                break;
            }
            let found = catch_unwind(AssertUnwindSafe(|| read(&text)));
            let found =
                found.unwrap_or_else(|_| panic!("mutant {} of seed {}:\n{text}", counts["mutants"], seed()));
            *counts.entry(if found.is_some() { "passed" } else { "refused" }).or_default() += 1;
            if found.is_some_and(|lesson| acts(&lesson)) && seen.insert(text.clone()) {
                passed.push(text);
            }
        }
        (passed, counts)
    });
    let maker = maker.expect("a thread");
    let mut last = String::new();
    loop {
        match told.recv_timeout(STUCK) {
            Ok(text) => last = text,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("this one never ends:\n{last}"),
        }
    }
    maker.join().unwrap_or_else(|_| panic!("a mutant was too much; it is printed above"))
}

/// Whether it does something that is over soon.
fn acts(lesson: &Lesson) -> bool {
    let verbs = || lesson.steps.iter().flat_map(|s| s.given.iter().chain(&s.actions)).flat_map(|a| &a.verbs);
    let long = verbs().any(|v| matches!(v, Verb::Ping(_) | Verb::Run(_)));
    verbs().next().is_some()
        && !long
        && lesson.steps.len() <= 12
        && lesson.steps.iter().all(|s| s.measure.is_none())
}

/// The namespaces around lessons that are run: what a mutant gets through stays in there.
const AROUND: &str = r#"
mount --make-rshared / &&
for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777,size=512M tmpfs $d || exit 1; done &&
hostname fuzzed && ip link set lo up && "$0" "$@"
"#;

#[test]
fn mutants_are_refused_or_explained() {
    if !slow() {
        skip(&format!("{}, for ten minutes", test()), "slow: set ISOLAB_SLOW=1");
    }
    let (passed, counts) = mutants(if slow() { SLOW } else { QUICK });
    note(&format!("fuzz: seed {}, {counts:?}, {} that do something", seed(), passed.len()));
    assert!(counts["mutants"] > 500, "{counts:?}");
    if !is_root() || which::which("unshare").is_err() {
        return skip(&format!("{}: running those that pass", test()), "only root can protect the machine");
    }
    // From everywhere in the list: the first ones are no better than the others.
    let most = if slow() { RUN_SLOW } else { RUN_QUICK };
    let step = (passed.len() / most).max(1);
    let scratch = common::Scratch::new();
    for (number, text) in passed.iter().step_by(step).take(most).enumerate() {
        std::fs::write(scratch.file(&format!("{number}.yaml")), text).expect("a file");
    }
    // The directory lies in /tmp, which is covered inside.
    let kept = PathBuf::from(format!("/run/test-of-isolab-fuzz-{}", std::process::id()));
    let copied = Command::new("cp").arg("-r").arg(scratch.path()).arg(&kept).status().expect("cp");
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "--mount", "--uts", "--ipc", "--net"]);
    command
        .args(["--propagation", "private", "sh", "-c", AROUND])
        .arg(std::env::current_exe().expect("own path"));
    command.args(["--ignored", "--exact", "scenario_run", "--nocapture"]).env("FUZZED", &kept);
    let status = command.status().expect("unshare");
    let _ = std::fs::remove_dir_all(&kept);
    assert!(copied.success() && status.success(), "{status}");
}

#[test]
#[ignore = "a scenario: run by its parent in namespaces of its own"]
fn scenario_run() {
    assert!(
        std::fs::read_to_string("/proc/sys/kernel/hostname").is_ok_and(|n| n == "fuzzed\n"),
        "not inside"
    );
    let directory = PathBuf::from(std::env::var_os("FUZZED").expect("a directory"));
    let programs = [Program::built(), Program::for_nobody()];
    let mut counts = BTreeMap::<String, usize>::new();
    let mut number = 0;
    while let Ok(text) = std::fs::read_to_string(directory.join(format!("{number}.yaml"))) {
        let program = &programs[number % 2];
        number += 1;
        let file = program.scratch.file(&format!("{}.yaml", id(&text)));
        std::fs::write(&file, &text).expect("a file");
        let report = program.check(&["--allow-blocked", file.to_str().expect("a path")]);
        // 101 is a panic, nothing a signal.
        assert!(
            report.code.is_some_and(|c| c < 100),
            "exit {:?}: {}\n{text}",
            report.code,
            report.complaints
        );
        assert!(!report.complaints.contains("panicked"), "{}\n{text}", report.complaints);
        *counts.entry(format!("exit {}", report.code.unwrap_or_default())).or_default() += 1;
        let left = || leftover::of(report.pid);
        let gone = wait_for(Duration::from_secs(10), || left().is_empty().then_some(()));
        assert!(gone.is_some(), "left: {:?}\n{text}", left());
    }
    note(&format!("fuzz: {number} were run: {counts:?}"));
}
