//! Records made by hand: every status, every kind of reading, long tables, wide characters, hostile text.

use isolab::events::{
    ActionEnd, ActionRecord, Claim, Deed, ExpectationPlace, Judged, JudgedAction, JudgedExpectation,
    LessonRecord, ReadoutRecord, Sample, Status, StepRecord, Verdict,
};
use isolab::model::leftover::{Leftover, NotRemoved};
use isolab::model::{Actual, Call, Errno, Fact, Outcome, Process, Reading, Row, Source, Unit, Value};
use isolab::report::{Header, Options, RunInfo};
use isolab::vocabulary::Chosen;
use isolab::vocabulary::action::Failing;
use serde::de::DeserializeOwned;

/// A value in the notation of lessons.
fn yaml<T: DeserializeOwned>(text: &str) -> T {
    serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(text))
        .expect(text)
}

pub fn options(width: usize) -> Options {
    let header = Header {
        isolab: "0.1.0".into(),
        kernel: "6.12.0-generic".into(),
        cgroup: "hybrid".into(),
        rights: "root".into(),
    };
    let run = RunInfo {
        architecture: "x86_64".into(),
        uid: 0,
        started: "2026-01-02T03:04:05.5Z".parse().expect("a time"),
        ended: Some("2026-01-02T03:04:06.25Z".parse().expect("a time")),
        files: vec![],
    };
    Options { width, header, run }
}

pub fn blocked() -> Status {
    Status::Blocked {
        reason: "kernel.apparmor_restrict_unprivileged_userns=1: unshare(CLONE_NEWUSER) gives EPERM".into(),
        remedy: "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0".into(),
    }
}

fn call(pid: i32, name: &str, args: &[&str], outcome: Outcome) -> Call {
    Call { pid, name: name.into(), args: args.iter().map(ToString::to_string).collect(), outcome }
}

fn action(actor: &str, verb: &str, calls: Vec<Call>) -> ActionRecord {
    ActionRecord {
        actor: actor.into(),
        deed: Deed::Verb(Box::new(yaml(verb))),
        place: None,
        calls,
        source: Source::Kernel,
        preparation: false,
        declared: vec![],
        output: None,
        at_ms: 0,
    }
}

fn text(value: &str) -> Reading {
    Reading::Fact(Fact::text(value))
}

fn quantity(value: f64, unit: Unit) -> Reading {
    Reading::Fact(Fact::of(Value::Quantity(value, unit)))
}

fn readout(id: &str, viewpoint: &str, path: &str, before: Reading, after: Reading) -> ReadoutRecord {
    ReadoutRecord {
        id: id.into(),
        viewpoint: viewpoint.into(),
        path: path.into(),
        before,
        after,
        opened: None,
        peak: None,
    }
}

fn verdict(readout: &str, op: &str, status: Status, actual: Reading, source: (&str, &str)) -> Verdict {
    judged(readout, op, status, Actual::Reading(actual), source)
}

fn judged(
    readout: &str,
    op: &str,
    status: Status,
    actual: Actual,
    (viewpoint, path): (&str, &str),
) -> Verdict {
    let claim = Claim { readout: readout.into(), operators: vec![yaml(op)], within: None, r#for: None };
    let place = Some(ExpectationPlace { expectation: 0, operator: 0 });
    let (viewpoint, path) = (viewpoint.into(), path.into());
    Verdict {
        judged: Judged::Expectation(Box::new(JudgedExpectation { place, claim, viewpoint, path, actual })),
        status,
    }
}

fn step(id: &str, title: &str, status: Status) -> StepRecord {
    StepRecord {
        world: 1,
        id: id.into(),
        title: title.into(),
        status,
        actions: vec![],
        readouts: vec![],
        verdicts: vec![],
        samples: vec![],
        took_ms: 12,
        measured_ms: 0,
        by_hand: false,
    }
}

fn lesson(id: &str, title: &str, status: Status, steps: Vec<StepRecord>) -> LessonRecord {
    LessonRecord {
        id: id.into(),
        title: title.into(),
        chosen: Chosen::default(),
        status,
        steps,
        left: vec![],
        took_ms: 1234,
    }
}

fn mounts(extra: &[&str]) -> Reading {
    let mut rows: Vec<Row> = (0..45)
        .map(|i| {
            let kind = if i % 3 == 0 { "tmpfs" } else { "cgroup" };
            Row::new([
                ("at", format!("/sys/fs/{kind}/{i:02}")),
                ("type", kind.into()),
                ("propagation", "private".into()),
            ])
        })
        .collect();
    let cell = |at: &&str| {
        Row::new([("at", (*at).into()), ("type", "tmpfs".into()), ("propagation", "shared".into())])
    };
    rows.splice(20..20, extra.iter().map(cell));
    Reading::Fact(Fact::of(Value::Table(rows)))
}

fn links(state: &str) -> Reading {
    let row = |name: &str, state: &str, address: &str| {
        Row::new([("name", name.into()), ("state", state.into()), ("address", address.into())])
    };
    let mut rows = vec![row("lo", state, if state == "up" { "127.0.0.1/8" } else { "" })];
    if state == "up" {
        rows.push(row("eth0", "lowerlayerdown", "10.77.0.1/24"));
    }
    Reading::Fact(Fact::of(Value::Table(rows)))
}

/// A lesson that passes, with everything that a step can show.
pub fn passed() -> LessonRecord {
    let mut setup = step("setup", "Before the first step", Status::Passed);
    let map = call(4209, "openat", &["AT_FDCWD", "\"/proc/4211/uid_map\"", "O_WRONLY"], Outcome::Returned(3));
    let write = call(4209, "write", &["3", "\"0 100000 65536\\n\"", "15"], Outcome::Returned(15));
    setup.actions = vec![ActionRecord {
        preparation: true,
        ..action("guardian", "uid_map: { map: \"0 100000 65536\", of: box }", vec![map, write])
    }];

    let mut rename = step("rename", "Rename the box", Status::Passed);
    let unshare = call(4211, "unshare", &["CLONE_NEWUTS"], Outcome::Returned(0));
    let name = call(4211, "sethostname", &["\"bird\"", "4"], Outcome::Returned(0));
    let refused = call(4212, "sethostname", &["\"owl\"", "3"], Outcome::Failed(Errno(1)));
    rename.actions = vec![
        ActionRecord { preparation: true, ..action("box", "unshare: uts", vec![unshare]) },
        action("box", "sethostname: bird", vec![name.clone()]),
        ActionRecord {
            declared: vec![Failing::Errno(Errno(1))],
            ..action("guest", "sethostname: owl", vec![refused])
        },
        ActionRecord { source: Source::Box, ..action("keeper", "sethostname: bird", vec![name]) },
        ActionRecord {
            output: Some("a line of a program\x1b[31m\n".repeat(20)),
            at_ms: 0,
            ..action("box", "run: [uname, -a]", vec![])
        },
    ];
    rename.readouts = vec![
        readout("box-name", "box", "/proc/sys/kernel/hostname", text("vm\n"), text("bird\n")),
        readout("host-name", "host", "/proc/sys/kernel/hostname", text("vm\n"), text("vm\n")),
        readout(
            "名前",
            "箱",
            "/proc/sys/kernel/hostname",
            text("盒子的名字"),
            text("盒子\u{202e}的名\x07字"),
        ),
    ];
    let hostname = |viewpoint| (viewpoint, "/proc/sys/kernel/hostname");
    let refusal = ActionEnd::Failed { errno: Errno(1), what: "sethostname: EPERM".into() };
    let refused = Judged::Action(JudgedAction::new(2, &rename.actions[2], refusal));
    rename.verdicts = vec![
        verdict("box-name", "is: bird", Status::Passed, text("bird\n"), hostname("box")),
        judged(
            "host-name",
            "unchanged",
            Status::Passed,
            Actual::Change(text("vm\n"), text("vm\n")),
            hostname("host"),
        ),
        Verdict { judged: refused, status: Status::Passed },
        verdict("members", "contains: { name: loop }", Status::NotHere, Reading::NotMeasured, ("", "")),
    ];
    lesson("uts", "A hostname of one's own – 自分の名前", Status::Passed, vec![setup, rename])
}

/// A lesson that fails, with readings of every kind, tables and rates; its last step is not run.
#[allow(clippy::too_many_lines)] // data
pub fn failed() -> LessonRecord {
    let mut read = step("readings", "Everything that can be read, and what cannot", Status::Failed);
    let calls = (0..20)
        .map(|i| {
            call(
                88,
                "mount",
                &[
                    "\"tmpfs\"",
                    &format!("\"/my space/{i}\""),
                    "\"tmpfs\"",
                    "MS_NOSUID|MS_NODEV|MS_NOEXEC",
                    "\"size=4194304,mode=0755\"",
                ],
                Outcome::Returned(0),
            )
        })
        .chain([call(88, "exit_group", &["0"], Outcome::Unfinished)])
        .collect();
    let lost = call(88, "umount2", &["\"/proc\"", "MNT_DETACH"], Outcome::Failed(Errno(22)));
    read.actions = vec![
        action("outer", "mount: { tmpfs: stage }", calls),
        action("outer", "umount: { at: /proc, detach: true }", vec![lost]),
    ];
    let unread = Reading::Unread { errno: Errno(2), what: "open stage/cup/hello: ENOENT".into() };
    let share = ReadoutRecord {
        peak: Some(quantity(23.4, Unit::Percent)),
        ..readout(
            "share",
            "host",
            "/sys/fs/cgroup/cpu/isolab-77/burner/cpuacct.usage",
            Reading::NotMeasured,
            quantity(19.96, Unit::Percent),
        )
    };
    let status = "Name:\tloop\nState:\tR (running)\nTgid:\t4211\nNSpid:\t4211\t1\n";
    read.readouts = vec![
        readout("outer-hello", "outer", "/var/tmp/isolab-77/stage/cup/hello", unread.clone(), unread.clone()),
        readout(
            "hello",
            "inner",
            "/var/tmp/isolab-77/stage/cup/hello",
            Reading::Gone,
            text("hello from inner\n"),
        ),
        readout(
            "state",
            "host",
            "/proc/4215/stat",
            Reading::Fact(Fact::of(Value::Process(Process::Alive('R')))),
            Reading::Fact(Fact::of(Value::Process(Process::KilledBy("KILL".into())))),
        ),
        share,
        readout(
            "memory",
            "host",
            "/sys/fs/cgroup/memory/isolab-77/hog/memory.usage_in_bytes",
            quantity(4096.0, Unit::Bytes),
            quantity(20_971_520.0, Unit::Bytes),
        ),
        readout("links", "left", "rtnetlink RTM_GETLINK", links("down"), links("up")),
        readout("members", "left", "rtnetlink RTM_GETLINK", unread.clone(), links("up")),
        readout(
            "routes",
            "left",
            "rtnetlink RTM_GETROUTE",
            Reading::Fact(Fact::of(Value::Table(vec![]))),
            Reading::Fact(Fact::of(Value::Table(vec![]))),
        ),
        readout(
            "table",
            "inner",
            "/proc/4212/mountinfo",
            mounts(&[]),
            mounts(&[
                "/stage/cup",
                "/stage/a-very-long-directory-name-that-does-not-fit/into/any/column/of/eighty",
            ]),
        ),
        readout("host-table", "host", "/proc/self/mountinfo", mounts(&[]), mounts(&[])),
        readout(
            "status",
            "host",
            "/proc/4211/status",
            text(status),
            text(&status.replace("R (running)", "S (sleeping)")),
        ),
        readout("empty", "host", "/proc/4211/environ", text(""), text("A=1")),
    ];
    let values = [0.0, 23.4, 18.0, 20.5, 19.5, 20.1, 19.9, 20.0].into_iter().zip(0..);
    read.samples = values.map(|(value, i)| Sample { at_ms: i * 250, id: "share".into(), value }).collect();
    let stop = Status::Blocked {
        reason: "2 idle CPUs are needed, 0 are idle: load 3.1".into(),
        remedy: "stop what else is running".into(),
    };
    let usage = ("host", "/sys/fs/cgroup/cpu/isolab-77/burner/cpuacct.usage");
    let hello = ("inner", "/var/tmp/isolab-77/stage/cup/hello");
    let evening = r#"is: "good <evening> & \"bye\"""#;
    let lacks = "lacks: { at: \"/stage/cup # at all\" }";
    read.verdicts = vec![
        verdict(
            "share",
            "near: { value: 20%, by: 2% }",
            Status::Passed,
            quantity(20.0, Unit::Percent),
            usage,
        ),
        verdict("hello", evening, Status::Failed, text("hello from inner\n"), hello),
        verdict("table", lacks, Status::Failed, mounts(&["/stage/cup"]), ("inner", "/proc/4212/mountinfo")),
        verdict("share", "at_least: 150%", stop, Reading::NotMeasured, ("", "")),
        verdict("x\u{0}\u{ffff}", "changed", Status::NotRun, Reading::NotMeasured, ("", "")),
    ];
    (read.took_ms, read.measured_ms) = (2310, 2000);
    let not_run = step("after", "What builds on it", Status::NotRun);
    let not_here = step("tasks", "tasks moves one thread", Status::NotHere);
    lesson("mount", "A mount table of one's own", Status::Failed, vec![read, not_here, not_run])
}

/// A lesson of which a step is blocked, one that is blocked whole, one that was not reached, and one that left something.
pub fn others() -> Vec<LessonRecord> {
    let steps = vec![
        step("map", "An id map", Status::Passed),
        step("range", "A range of ids", blocked()),
        step("own", "Who owns the file?", Status::NotRun),
    ];
    let whole = Status::Blocked { reason: "no veth driver".into(), remedy: "modprobe veth".into() };
    let left = LessonRecord {
        left: vec![Leftover::Path {
            path: "/sys/fs/cgroup/cpu/isolab-77/burner".into(),
            cause: NotRemoved::Refused(Errno(libc::EBUSY)),
        }],
        ..lesson(
            "cgroup-cpu",
            "How much is 20 % of a CPU?",
            Status::Passed,
            vec![step("free", "A busy loop", Status::Passed)],
        )
    };
    vec![
        lesson("user", "Root, but where?", blocked(), steps),
        lesson("net", "Two empty networks and a cable", whole, vec![]),
        left,
        lesson("pid", "PID 1 has duties", Status::NotRun, vec![]),
    ]
}

/// All of them.
pub fn all() -> Vec<LessonRecord> {
    [vec![passed(), failed()], others()].concat()
}
