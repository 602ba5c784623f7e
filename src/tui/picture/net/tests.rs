//! Networks of small records.

use super::*;
use crate::events::ReadoutRecord;
use crate::model::{Fact, Reading, Row, Value};
use crate::tui::picture::samples::{input, lesson, record};
use crate::tui::view::styled::test;
use crate::vocabulary::Lesson;

fn drawn(
    lesson: &Lesson,
    step: &str,
    readouts: &[ReadoutRecord],
    after: bool,
    width: u16,
) -> Vec<Line<'static>> {
    draw(&input(lesson, step, readouts, after), width, 18, Theme::default()).unwrap_or_default()
}

fn links(lines: &[&str]) -> Reading {
    let row = |line: &&str| {
        let found = crate::model::Interface::parse(line).expect(line);
        Row::new([("name", found.name), ("state", found.state), ("address", found.addresses.join(" "))])
    };
    Reading::Fact(Fact { raw: lines.join("\n"), value: Value::Table(lines.iter().map(row).collect()) })
}

const LO: &str = "1: lo mtu 65536 state up flag up flag lower_up address 127.0.0.1/8";

/// A cable: dead before, alive after, with packets.
fn cable() -> Vec<ReadoutRecord> {
    let end = |name: &str, state: &str, rx: u32, tx: u32, address: &str| {
        format!(
            "2: {name} mtu 1500 {state} link_elsewhere 2 kind veth rx_packets {rx} tx_packets {tx} address {address}"
        )
    };
    let up = "state up flag up flag lower_up";
    let left = [
        end("to-right", "state down flag up", 0, 0, "10.77.0.1/24"),
        end("to-right", up, 7, 9, "10.77.0.1/24"),
    ];
    let right =
        [end("to-left", "state down", 0, 0, "10.77.0.2/24"), end("to-left", up, 9, 7, "10.77.0.2/24")];
    vec![
        record("left-links", "left", links(&[LO, &left[0]]), links(&[LO, &left[1]])),
        record("right-links", "right", links(&[LO, &right[0]]), links(&[LO, &right[1]])),
    ]
}

#[test]
fn a_cable_joins_the_ends_that_name_each_other() {
    let lines = drawn(&lesson("net"), "packet", &cable(), true, 76);
    let expected = "\
┌ left ─────────────────────────┐         ┌ right ────────────────────────┐
│   lo  127.0.0.1/8  up         │         │   lo  127.0.0.1/8  up         │
│ ≠ to-right  10.77.0.1/24      ╞═════════╡ ≠ to-left  10.77.0.2/24       │
│   up, no carrier → up         │  9▶ ◀7  │   down → up                   │
└───────────────────────────────┘         └───────────────────────────────┘

═ cable · 8▶ packets that went this way in this step · ≠ changed";
    assert_eq!(test::text(&lines), expected);
}

#[test]
fn a_prepared_step_shows_the_dead_cable_and_no_packets() {
    let shown = test::text(&drawn(&lesson("net"), "packet", &cable(), false, 76));
    assert!(shown.contains("│   to-right  10.77.0.1/24      ├─────────┤   to-left"), "{shown}");
    assert!(!shown.contains('▶') && !shown.contains('≠'), "{shown}");
}

#[test]
fn where_there_is_no_room_beside_it_the_other_end_is_named() {
    let shown = test::text(&drawn(&lesson("net"), "packet", &cable(), true, 40));
    assert!(shown.contains("cable to     │\n│   to-left of right · sent 9"), "{shown}");
}

#[test]
fn what_is_gone_keeps_its_place() {
    let mut readouts = cable();
    readouts[0].after = links(&[LO]);
    readouts[1].after = Reading::Gone;
    let shown = test::text(&drawn(&lesson("net"), "death", &readouts, true, 76));
    assert!(shown.contains("┌ right − gone ─"), "{shown}");
    assert!(shown.contains("│ − to-right  10.77.0.1/24      │╌╌╌╌╌╌╌╌╌│ − to-left  10.77.0.2/24"), "{shown}");
}

/// Three boxes count their interfaces from 1, so more than one end has the number that an end names.
#[test]
fn of_several_ends_the_one_that_the_lesson_has_laid_is_meant() {
    let mut readouts = cable();
    let other = "2: to-nobody mtu 1500 state down link_elsewhere 2 kind veth";
    readouts.push(record("host-links", "host", links(&[other]), links(&[other])));
    let shown = test::text(&drawn(&lesson("net"), "packet", &readouts, true, 76));
    assert!(shown.contains("╞═════════╡ ≠ to-left"), "{shown}");
    assert!(shown.contains("to-nobody  down · cable to interface 2"), "{shown}");
}

#[test]
fn interfaces_that_nobody_uses_are_counted() {
    let idle = |i: u32| format!("{i}: ifb{i} mtu 1500 state down kind ifb");
    let lines = [LO, &idle(2), &idle(3), "4: eth0 mtu 1500 state down"];
    let readouts = [record("host-links", "host", links(&lines), links(&lines))];
    let shown = test::text(&drawn(&lesson("net"), "empty", &readouts, true, 60));
    assert!(shown.contains("│   … 3 more, down") && !shown.contains("ifb"), "{shown}");
    let one = [LO, "4: eth0 mtu 1500 state down"];
    let readouts = [record("host-links", "host", links(&one), links(&one))];
    let shown = test::text(&drawn(&lesson("net"), "empty", &readouts, true, 60));
    assert!(shown.contains("eth0  down"), "{shown}");
}

#[test]
fn a_bridge_and_its_ports() {
    let lines = [
        "3: br0 mtu 1500 state up flag up flag lower_up kind bridge",
        "4: a mtu 1400 state up flag up flag lower_up link_elsewhere 2 master 3 kind veth",
    ];
    let readouts = [record("left-links", "left", links(&lines), links(&lines))];
    let shown = test::text(&drawn(&lesson("net"), "packet", &readouts, true, 60));
    assert!(shown.contains("br0  up · bridge"), "{shown}");
    assert!(shown.contains("a  up · port of br0 · cable to interface 2 elsewhere"), "{shown}");
}

#[test]
fn everything_fits() {
    for text in test::HOSTILE {
        let mut readouts = cable();
        let said = Reading::Fact(Fact::text(text));
        readouts.push(record("left-answer", "left", said.clone(), said));
        let name = [("name", text.to_owned()), ("state", text.to_owned()), ("address", text.to_owned())];
        let odd = Reading::Fact(Fact::of(Value::Table(vec![Row::new(name)])));
        readouts.push(record("host-links", "host", odd.clone(), odd));
        for columns in test::WIDTHS {
            for after in [false, true] {
                test::fits(&drawn(&lesson("net"), "packet", &readouts, after, columns), columns);
            }
        }
    }
}
