//! What isolab costs, as ratios: `cargo bench`. Nothing here passes or fails by time; machines are noisy.

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ISOLAB: &str = env!("CARGO_BIN_EXE_isolab");

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let scratch = std::env::temp_dir().join(format!("isolab-bench-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("a directory for lessons");
    start();
    run_against_shell();
    steps_against_shell();
    boxes(&scratch);
    many_lessons(&scratch);
    windows();
    std::fs::remove_dir_all(&scratch).expect("the directory can be removed");
}

/// The shortest of some runs: what the work itself takes, as far as a busy machine shows it.
fn best(times: u32, mut work: impl FnMut()) -> Duration {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    std::iter::repeat_with(once).take(times as usize).min().unwrap_or_default()
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok(), "{program} cannot be run");
}

fn check(arguments: &[&str]) -> Value {
    let output = Command::new(ISOLAB).arg("check").args(arguments).args(["--format", "json"]).output();
    serde_json::from_slice(&output.expect("isolab runs").stdout).expect("a JSON report")
}

fn each<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value[key].as_array().into_iter().flatten()
}

fn sum(report: &Value, field: &str, but: &str) -> f64 {
    let steps = each(report, "lessons").flat_map(|l| each(l, "steps"));
    steps.filter(|s| s["id"] != but).filter_map(|s| s[field].as_f64()).sum()
}

fn millis(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

fn start() {
    let list = best(10, || run(ISOLAB, &["list"]));
    let help = best(10, || run(ISOLAB, &["--version"]));
    let nothing = best(10, || run("true", &[]));
    println!(
        "start: isolab --version {:.1} ms, `true` {:.1} ms, ratio {:.1}",
        millis(help),
        millis(nothing),
        millis(help) / millis(nothing)
    );
    println!("       isolab list, with its trials of the kernel: {:.1} ms", millis(list));
}

/// What the steps of `uts` do, by the programs that a person has.
const SCRIPT: &str = "unshare --user --map-root-user --uts sh -c '
    cat /proc/sys/kernel/hostname; readlink /proc/self/ns/uts; hostname bird 2>/dev/null || echo bird >/proc/sys/kernel/hostname
    cat /proc/sys/kernel/hostname; readlink /proc/self/ns/uts; cat /proc/sys/kernel/osrelease
    nsenter --uts=/proc/self/ns/uts cat /proc/sys/kernel/hostname'; cat /proc/sys/kernel/hostname; readlink /proc/self/ns/uts";

/// `isolab check uts` and the script in turn, as whole processes: the median of the pairs' ratios. Then the same among many idle processes.
fn run_against_shell() {
    const PAIRS: usize = 20;
    const IDLE: usize = 5000;
    let pairs = || {
        let pair = || {
            let own = best(1, || run(ISOLAB, &["check", "uts"]));
            (millis(own), millis(best(1, || run("sh", &["-c", SCRIPT]))))
        };
        let all: Vec<(f64, f64)> = std::iter::repeat_with(pair).take(PAIRS).collect();
        let ratio = median(all.iter().map(|(own, script)| own / script).collect());
        (median(all.iter().map(|(own, _)| *own).collect()), ratio)
    };
    let (alone, ratio) = pairs();
    println!("run:   isolab check uts {alone:.0} ms, ratio to a shell script {ratio:.1}");
    let sleep = || Command::new("sleep").arg("600").stdin(Stdio::null()).spawn();
    let mut idle: Vec<_> = std::iter::repeat_with(sleep).take(IDLE).map_while(Result::ok).collect();
    let (among, _) = pairs();
    println!("       among {} idle processes {among:.0} ms, ratio {:.2}", idle.len(), among / alone);
    for process in &mut idle {
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The steps of `uts` beside the same calls and reads made by a shell script.
fn steps_against_shell() {
    let shell = millis(best(10, || run("sh", &["-c", SCRIPT])));
    let steps = (0..5).map(|_| sum(&check(&["uts"]), "took_ms", "setup")).fold(f64::MAX, f64::min);
    println!(
        "steps: all steps of uts, traced and judged {steps:.0} ms, three of them by a shell script {shell:.1} ms, ratio {:.1}",
        steps / shell
    );
}

/// Lessons with few and many boxes and readouts; the difference is what one costs.
fn boxes(scratch: &Path) {
    let lesson = |id: &str, boxes: u32, reads: u32| {
        let mut text = format!(
            "format: 1\nid: {id}\ntitle: A measure\nsummary: Boxes and readouts.\nminutes: 1\nboxes:\n"
        );
        (0..boxes).for_each(|i| writeln!(text, "  b{i}: {{}}").expect("a string takes it"));
        text += "readouts:\n";
        (0..boxes).for_each(|i| {
            writeln!(text, "  uts{i}: {{ b{i}: {{ namespace: uts }} }}").expect("a string takes it");
        });
        (0..reads).for_each(|i| writeln!(text, "  name{i}: {{ b0: hostname }}").expect("a string takes it"));
        let shown: Vec<String> =
            (1..boxes).map(|i| format!("uts{i}")).chain((0..reads).map(|i| format!("name{i}"))).collect();
        write!(text, "steps:\n  - id: one\n    title: One\n    text: |\n      The box unshares.\n    do:\n      - {{ b0: {{ unshare: [uts] }} }}\n    show: [{}]\n    expect:\n      - {{ uts0: changed }}\n", shown.join(", ")).expect("a string takes it");
        let path = scratch.join(format!("{id}.yaml"));
        std::fs::write(&path, text).expect("the lesson can be written");
        path.display().to_string()
    };
    let (few, many) = (lesson("few", 1, 1), lesson("many", 41, 1));
    let readers = lesson("readers", 1, 201);
    let total = |file: &str| {
        (0..5)
            .map(|_| check(&[file])["lessons"][0]["took_ms"].as_f64().unwrap_or(f64::NAN))
            .fold(f64::MAX, f64::min)
    };
    let (one, forty, reading) = (total(&few), total(&many), total(&readers));
    println!(
        "boxes: one world {one:.0} ms; each further box, spawned, moved, read twice, and undone: {:.2} ms",
        (forty - one) / 40.0
    );
    println!("       round trip of a readout: {:.3} ms", (reading - one) / 400.0);
}

fn many_lessons(scratch: &Path) {
    let many = scratch.join("thousand");
    std::fs::create_dir_all(&many).expect("a directory");
    let text = include_str!("../lessons/uts.yaml");
    for i in 0..1000 {
        let copy = text.replacen("id: uts", &format!("id: uts{i}"), 1);
        std::fs::write(many.join(format!("uts{i}.yaml")), copy).expect("the lesson can be written");
    }
    let all = best(2, || run(ISOLAB, &["lint", &many.display().to_string()]));
    println!("lint:  1000 lessons {:.0} ms, {:.2} ms each", millis(all), millis(all) / 1000.0);
    let list = best(2, || run(ISOLAB, &["--lessons", &many.display().to_string(), "list"]));
    println!("list:  1000 lessons {:.0} ms", millis(list));
}

/// The whole check beside the time that its lessons ask for: measuring windows, and waits that are the lesson's subject.
fn windows() {
    let report = check(&[]);
    let (took, measured) = (
        each(&report, "lessons").filter_map(|l| l["took_ms"].as_f64()).sum::<f64>(),
        sum(&report, "measured_ms", ""),
    );
    println!(
        "check: {took:.0} ms in all, {measured:.0} ms of it in measuring windows, ratio {:.3}",
        took / measured
    );
}
