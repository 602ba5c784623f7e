//! What isolab costs, as ratios: `cargo bench`. Nothing here passes or fails by time; machines are noisy. `ISOLAB_BENCH` names another
//! program to be measured, such as the static one.

mod screen;

use isolab::lesson::catalog::BUILT_IN;
use screen::{SIZE, Subject, Usage, first_title, millis, start};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// As many lessons as a whole course has.
const COURSE: usize = 28;

fn isolab() -> String {
    std::env::var("ISOLAB_BENCH").unwrap_or_else(|_| env!("CARGO_BIN_EXE_isolab").to_owned())
}

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let scratch = std::env::temp_dir().join(format!("isolab-bench-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("a directory for lessons");
    begin(&scratch);
    on_the_screen(&scratch);
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
    let output = Command::new(isolab()).arg("check").args(arguments).args(["--format", "json"]).output();
    serde_json::from_slice(&output.expect("isolab runs").stdout).expect("a JSON report")
}

fn each<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value[key].as_array().into_iter().flatten()
}

fn sum(report: &Value, field: &str, but: &str) -> f64 {
    let steps = each(report, "lessons").flat_map(|l| each(l, "steps"));
    steps.filter(|s| s["id"] != but).filter_map(|s| s[field].as_f64()).sum()
}

/// A directory with copies of built-in lessons, so that with these there are as many as in a whole course.
fn course(scratch: &Path) -> String {
    let directory = scratch.join("course");
    std::fs::create_dir_all(&directory).expect("a directory");
    for (i, (id, text)) in BUILT_IN.iter().cycle().take(COURSE.saturating_sub(BUILT_IN.len())).enumerate() {
        let copy = text.replacen(&format!("id: {id}\n"), &format!("id: {id}-{i}\n"), 1);
        std::fs::write(directory.join(format!("{id}-{i}.yaml")), copy).expect("the lesson can be written");
    }
    directory.display().to_string()
}

fn begin(scratch: &Path) {
    let program = isolab();
    let list = best(10, || run(&program, &["list"]));
    let of_course = course(scratch);
    let whole = best(10, || run(&program, &["--lessons", &of_course, "list"]));
    let help = best(10, || run(&program, &["--version"]));
    let nothing = best(10, || run("true", &[]));
    println!(
        "start: isolab --version {:.1} ms, `true` {:.1} ms, ratio {:.1}",
        millis(help),
        millis(nothing),
        millis(help) / millis(nothing)
    );
    println!(
        "list:  {} lessons, with the trials of the kernel, {:.1} ms; {COURSE} lessons {:.1} ms",
        BUILT_IN.len(),
        millis(list),
        millis(whole)
    );
}

/// The first frame and the memory, beside bottom's (`btm`) where it is found in `PATH`.
fn on_the_screen(scratch: &Path) {
    const STARTS: usize = 9;
    // When memory is read after the first frame: what is done in the background by then is done.
    const SETTLED: Duration = Duration::from_secs(2);
    let subject = |name: &str, program: PathBuf, arguments: &[&str], marker: &str| Subject {
        name: name.to_owned(),
        program,
        arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
        marker: marker.to_owned(),
        into: Vec::new(),
        keys: ["", ""],
    };
    let of_course = course(scratch);
    let (uts, own) = (first_title("uts"), || PathBuf::from(isolab()));
    let mut subjects = vec![
        subject("Home", own(), &[], "q quit"),
        subject("Home with a course", own(), &["--lessons", &of_course], "q quit"),
        subject("a lesson", own(), &["learn", "uts"], &uts),
    ];
    match which::which("btm") {
        Ok(bottom) => subjects.push(subject("bottom", bottom, &[], "Processes")),
        Err(_) => println!("       bottom: not found in PATH, so not measured"),
    }
    for subject in subjects {
        let once = || {
            let (pty, frame) = start(&subject, SIZE, scratch)?;
            std::thread::sleep(SETTLED);
            let memory = Usage::of(&[pty.pid()]).rss;
            pty.end();
            Ok((millis(frame), memory))
        };
        match std::iter::repeat_with(once).take(STARTS).collect::<Result<Vec<(f64, f64)>, String>>() {
            Ok(all) => println!(
                "screen: {}: first frame {:.0} ms, memory {:.1} MB",
                subject.name,
                median(all.iter().map(|(frame, _)| *frame).collect()),
                median(all.iter().map(|(_, memory)| *memory).collect())
            ),
            Err(why) => println!("screen: {}: {why}", subject.name),
        }
    }
}

/// What the steps of `uts` do, by the programs that a person has.
const SCRIPT: &str = "unshare --user --map-root-user --uts sh -c '
    cat /proc/sys/kernel/hostname; readlink /proc/self/ns/uts; hostname bird 2>/dev/null || echo bird >/proc/sys/kernel/hostname
    cat /proc/sys/kernel/hostname; readlink /proc/self/ns/uts; cat /proc/sys/kernel/osrelease
    nsenter --uts=/proc/self/ns/uts cat /proc/sys/kernel/hostname'; cat /proc/sys/kernel/hostname; readlink /proc/self/ns/uts";

/// What a program and its descendants cost.
struct Cost {
    wall: f64,
    cpu: f64,
}

/// `isolab check uts` and the script in turn, as whole processes: medians, and the median of the pairs' ratios. CPU time is steadier than the clock on a
/// busy machine. Then the same among many idle processes.
fn run_against_shell() {
    const PAIRS: usize = 20;
    const IDLE: usize = 5000;
    let program = isolab();
    let pairs = || {
        let costs = |program: &str, arguments: &[&str]| {
            let before = children_cpu();
            let wall = millis(best(1, || run(program, arguments)));
            Cost { wall, cpu: children_cpu() - before }
        };
        let pair = || (costs(&program, &["check", "uts"]), costs("sh", &["-c", SCRIPT]));
        let all: Vec<(Cost, Cost)> = std::iter::repeat_with(pair).take(PAIRS).collect();
        let cpu = |which: fn(&(Cost, Cost)) -> &Cost| all.iter().map(|pair| which(pair).cpu).sum::<f64>();
        let (own, script) = (cpu(|pair| &pair.0), cpu(|pair| &pair.1));
        let wall = median(all.iter().map(|(own, _)| own.wall).collect());
        let ratio = median(all.iter().map(|(own, script)| own.wall / script.wall).collect());
        (Cost { wall, cpu: own / PAIRS as f64 }, Cost { wall: ratio, cpu: own / script })
    };
    let (alone, ratio) = pairs();
    println!(
        "run:   isolab check uts {:.0} ms, ratio to a shell script {:.1}; {:.0} ms of CPU time, ratio {:.1}",
        alone.wall, ratio.wall, alone.cpu, ratio.cpu
    );
    let sleep = || Command::new("sleep").arg("600").stdin(Stdio::null()).spawn();
    let mut idle: Vec<_> = std::iter::repeat_with(sleep).take(IDLE).map_while(Result::ok).collect();
    let (among, _) = pairs();
    println!(
        "       among {} idle processes {:.0} ms, ratio {:.2}; {:.0} ms of CPU time, ratio {:.2}",
        idle.len(),
        among.wall,
        among.wall / alone.wall,
        among.cpu,
        among.cpu / alone.cpu
    );
    for process in &mut idle {
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// Milliseconds of CPU time that this process's children have used that were waited for, and theirs (`proc_pid_stat(5)`). It is counted in ticks of 10 ms,
/// so only sums of many runs mean something.
fn children_cpu() -> f64 {
    const TICK_MS: f64 = 10.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    fields.iter().skip(13).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() * TICK_MS
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
    let all = best(2, || run(&isolab(), &["lint", &many.display().to_string()]));
    println!("lint:  1000 lessons {:.0} ms, {:.2} ms each", millis(all), millis(all) / 1000.0);
    let list = best(2, || run(&isolab(), &["--lessons", &many.display().to_string(), "list"]));
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
