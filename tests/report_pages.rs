//! Pages in plain text: a lesson as it would run here, the list, the doctor's table.

use insta::assert_snapshot;
use isolab::events::Readiness;
use isolab::report::doctor::{Finding, doctor};
use isolab::report::lesson_text::{Context, show};
use isolab::report::list::{ListRow, list};
use isolab::report::prose::prose;
use isolab::vocabulary::when::Rights;
use isolab::vocabulary::{Lesson, Need, Val, Variant, Version};

fn page(version: Version, answers: bool, width: usize) -> String {
    colored::control::set_override(false);
    let yaml = include_str!("data/show.yaml");
    let mut lesson: Lesson =
        serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(yaml))
            .expect("the lesson");
    let unmet = |need: &Need| (*need == Need::IdleCpus(2)).then(|| "0 of 2 are idle".to_owned());
    lesson.params.get_mut("quota").expect("the parameter").set = Val::parse("35%").ok();
    let variant = Variant::new(version, Rights::Root)
        .with_files(|name| (name == "cpu.max").then(|| "cpu.cfs_quota_us".to_owned()));
    show(&lesson, &Context { width, variant: &variant, answers, notes: answers, unmet: &unmet })
}

#[test]
fn a_lesson_before_it_is_run() {
    assert_snapshot!("show_v1", page(Version::V1, false, 80));
}

#[test]
fn a_lesson_with_its_answers() {
    assert_snapshot!("show_v2_answers", page(Version::V2, true, 100));
}

#[test]
fn answers_are_told_only_when_asked() {
    let told = |text: &str| {
        ["wait 90 ms", "whole machine", "Let the room", "✓ in", "$cgroup_burner"]
            .iter()
            .any(|w| text.contains(w))
    };
    assert!(!told(&page(Version::V1, false, 80)));
    assert!(told(&page(Version::V1, true, 80)));
}

#[test]
fn pages_keep_to_their_width() {
    for width in [60, 80, 120] {
        for line in page(Version::V2, true, width).lines() {
            assert!(isolab::present::plain::width(line) <= width, "{width}: {line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn prose_is_commonmark() {
    colored::control::set_override(false);
    let text = "A *mount\nnamespace*, see [the manual](https://a.b/c).\n\n1. one\n2. two\n\n> said\n";
    let expected =
        "A *mount namespace*, see the manual[1].\n\n1. one\n2. two\n\n│ said\n\n[1] https://a.b/c\n";
    assert_eq!(prose(text, "", 60), expected);
}

#[test]
fn the_list_of_lessons() {
    colored::control::set_override(false);
    let row = |id: &str, title: &str, minutes, readiness| ListRow {
        id: id.into(),
        title: title.into(),
        minutes,
        readiness,
    };
    let reason =
        "kernel.apparmor_restrict_unprivileged_userns=1: unshare(CLONE_NEWUSER) gives EPERM".to_owned();
    let remedy = "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0".to_owned();
    let rows = [
        row("uts", "A hostname of one's own", 8, Readiness::Rootless),
        row("cgroup-cpu", "How much is 20 % of a CPU?", 15, Readiness::Ready),
        row(
            "user",
            "一個使用者的命名空間, and a title that is so long that it has to be folded",
            120,
            Readiness::Blocked { reason, remedy },
        ),
        row(
            "net",
            "Two empty networks and a cable",
            14,
            Readiness::Blocked { reason: "no veth driver".into(), remedy: String::new() },
        ),
    ];
    assert_snapshot!("list_80", list(&rows, 80));
}

#[test]
fn the_table_of_the_doctor() {
    colored::control::set_override(false);
    let finding = |what: &str, there, finding: &str, remedy: &str, lessons: &[&str]| Finding {
        what: what.into(),
        there,
        finding: finding.into(),
        remedy: remedy.into(),
        lessons: lessons.iter().map(ToString::to_string).collect(),
    };
    let findings = [
        finding("kernel", true, "6.12.0-generic, x86_64", "", &[]),
        finding("UTS namespaces", true, "/proc/self/ns/uts", "", &["uts"]),
        finding(
            "the cpu controller, delegated",
            false,
            "cgroup v2 on /sys/fs/cgroup; cgroup.subtree_control of /user.slice/user-1000.slice lacks cpu",
            "systemctl --user start a scope with Delegate=yes",
            &["cgroup-cpu", "cgroup-memory"],
        ),
        finding(
            "the veth driver",
            false,
            "RTM_NEWLINK kind veth: EOPNOTSUPP\x1b[31m",
            "modprobe veth",
            &["net"],
        ),
    ];
    assert_snapshot!("doctor_80", doctor(&findings, 80));
}
