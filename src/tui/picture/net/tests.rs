//! Networks of small records.

use super::*;
use crate::events::ReadoutRecord;
use crate::model::{Fact, Member, NamespaceMap, Reading, Row, Value};
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
    assert!(shown.contains("│   cable to to-left of right · sent 9 │\n│   received 7 "), "{shown}");
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
    let expected = "\
┌ left ────────────────────────────────────────────────────┐
│ ┌   br0  up · bridge ──────────────────────────────────┐ │
│ │   a  up · cable to interface 2 elsewhere             │ │
│ └──────────────────────────────────────────────────────┘ │
└──────────────────────────────────────────────────────────┘";
    assert_eq!(shown, expected);
    // Where there is no room for a frame in the frame, words say it.
    let shown = test::text(&drawn(&lesson("net"), "packet", &readouts, true, 28));
    assert!(shown.contains("br0  up · bridge") && shown.contains("port of br0"), "{shown}");
}

/// A lesson that reads what the built-in ones do not.
fn scenery() -> Lesson {
    let text = "
format: 1
id: scenery
title: Two hosts and their containers
summary: To draw.
minutes: 1
boxes: { a: { new: [net] }, b: { new: [net] }, left: { new: [net] }, right: { new: [net] }, world: { new: [net] } }
readouts:
  a-links: { a: interfaces }
  b-links: { b: interfaces }
  left-links: { left: interfaces }
  right-links: { right: interfaces }
  world-links: { world: interfaces }
  rules: { a: nft_rules }
  wan: { a: { frames: wan } }
  table: { a: forwarding }
steps:
  - { id: step, title: T, text: T, show: [a-links, b-links, left-links, right-links, world-links, rules, wan, table], expect: [{ a-links: changed }] }
";
    crate::lesson::load::load("scenery.yaml", text, &std::collections::BTreeMap::new()).expect("a lesson")
}

fn table(rows: Vec<Row>) -> Reading {
    Reading::Fact(Fact::of(Value::Table(rows)))
}

/// A cable's end, up, that was there before; `peer` is the number of its other end.
fn veth(index: u32, name: &str, peer: u32, rest: &str) -> String {
    format!("{index}: {name} mtu 1500 state up flag up flag lower_up link_elsewhere {peer} {rest}")
}

/// A container at a bridge, NAT to the world, and a frame that went there.
fn nat() -> Vec<ReadoutRecord> {
    let bridge = "3: br0 mtu 1500 state up flag up flag lower_up kind bridge address 10.88.0.1/24";
    let port = |rest: &str| veth(4, "to-left", 12, rest);
    let (lone, enslaved) = (port("kind veth"), port("master 3 kind veth rx_packets 2 tx_packets 2"));
    let wan = veth(5, "wan", 15, "kind veth address 203.0.113.1/24");
    let left = veth(12, "eth0", 4, "kind veth address 10.88.0.2/24");
    let world = veth(15, "eth0", 5, "kind veth address 203.0.113.2/24");
    let rule = |rule: &str, packets: u32| {
        let cells = [("table", "nat"), ("chain", "post"), ("rule", rule), ("packets", &packets.to_string())];
        Row::new(cells.map(|(name, cell)| (name, cell.to_owned())))
    };
    let published = |packets| rule("tcp dport 8080 counter dnat to 10.88.0.2:80", packets);
    let masquerade = rule("oifname \"wan\" counter masquerade", 1);
    let frame = |direction: &str, source: &str, destination: &str, info: &str| {
        let cells = [
            ("direction", direction),
            ("protocol", "icmp"),
            ("source", source),
            ("destination", destination),
            ("info", info),
        ];
        Row::new(cells.map(|(name, cell)| (name, cell.to_owned())))
    };
    let (near, far) = ("203.0.113.1", "203.0.113.2");
    let frames = vec![frame("out", near, far, "echo-request"), frame("in", far, near, "echo-reply")];
    let fdb = |kind: &str, mac: &str| {
        let cells = [("mac", mac), ("dev", "to-left"), ("to", ""), ("kind", kind)];
        Row::new(cells.map(|(name, cell)| (name, cell.to_owned())))
    };
    let known = vec![fdb("permanent", "02:00:00:00:00:09"), fdb("learned", "02:00:00:00:00:02")];
    vec![
        record("a-links", "a", links(&[&lone, &wan]), links(&[bridge, &enslaved, &wan])),
        record("left-links", "left", links(&[&left]), links(&[&left])),
        record("world-links", "world", links(&[&world]), links(&[&world])),
        record("rules", "a", table(vec![published(0)]), table(vec![published(2), masquerade])),
        record("wan", "a", table(Vec::new()), table(frames)),
        record("table", "a", table(Vec::new()), table(known)),
    ]
}

#[test]
fn ports_are_in_their_bridge_and_rules_and_frames_below_their_interface() {
    let shown = test::text(&drawn(&scenery(), "step", &nat(), true, 76));
    let expected = "\
┌ a ────────────────────────────┐
│ ┌ + br0  10.88.0.1/24 ──────┐ │
│ │   up · bridge             │ │         ┌ left ─────────────────────────┐
│ │ ≠ to-left                 ╞═╪═════════╡   eth0  10.88.0.2/24          │
│ │   up                      │ │  2▶ ◀2  │   up                          │
│ └───────────────────────────┘ │         └───────────────────────────────┘
│                               │         ┌ world ────────────────────────┐
│   wan  203.0.113.1/24         ╞═════════╡   eth0  203.0.113.2/24        │
│   up                          │         │   up                          │
│   + masquerade out of wan · 1 │         └───────────────────────────────┘
│     packet                    │
│   ▶ icmp 203.0.113.1 →        │
│     203.0.113.2 echo-request  │
│   ◀ icmp 203.0.113.2 →        │
│     203.0.113.1 echo-reply    │
│ ≠ 8080 → 10.88.0.2:80 · 2     │
│   packets                     │
│ + 02:00:00:00:00:02 behind    │
│   to-left                     │
└───────────────────────────────┘
═ cable · 8▶ packets that went this way in this step
▶ frame sent in this step · ◀ frame received · + new · ≠ changed";
    assert_eq!(shown, expected);
}

#[test]
fn before_the_actions_no_frame_is_drawn_and_no_rule_is_new() {
    let shown = test::text(&drawn(&scenery(), "step", &nat(), false, 76));
    assert!(shown.contains("8080 → 10.88.0.2:80"), "{shown}");
    for absent in ["masquerade", "▶", "+", "br0", "02:00"] {
        assert!(!shown.contains(absent), "{absent}\n{shown}");
    }
}

/// Two hosts with a VXLAN between them, and a container behind each.
fn vxlan() -> Vec<ReadoutRecord> {
    let host = |own: u32, container: u32, packets: &str| {
        [
            "3: br0 mtu 1500 state up flag up flag lower_up kind bridge".to_owned(),
            veth(4, "to-it", container, "master 3 kind veth"),
            veth(5, "eth0", 5, &format!("kind veth{packets} address 192.0.2.{own}/24")),
        ]
    };
    let end = "6: vxlan0 mtu 1450 state up flag up flag lower_up master 3 kind vxlan vni 42".to_owned();
    let all = |lines: &[String]| links(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let links_of = |id: &str, own: u32, container: u32| {
        let (before, after) = (host(own, container, ""), host(own, container, " rx_packets 2 tx_packets 3"));
        let with_end = after.iter().chain([&end]).cloned().collect::<Vec<_>>();
        record(&format!("{id}-links"), id, all(&before), all(&with_end))
    };
    let container = |id: &str, index: u32| {
        let eth0 = [veth(index, "eth0", 4, "kind veth address 10.77.0.2/24")];
        record(&format!("{id}-links"), id, all(&eth0), all(&eth0))
    };
    vec![
        links_of("a", 1, 21),
        links_of("b", 2, 22),
        record("table", "a", table(Vec::new()), table(vec![sent_to("192.0.2.2")])),
        container("left", 21),
        container("right", 22),
    ]
}

/// The entry of a VXLAN for every address that has none.
fn sent_to(host: &str) -> Row {
    let cells = [("mac", "00:00:00:00:00:00"), ("dev", "vxlan0"), ("to", host), ("kind", "permanent")];
    Row::new(cells.map(|(name, cell)| (name, cell.to_owned())))
}

#[test]
fn hosts_are_below_each_other_with_what_joins_them() {
    let shown = test::text(&drawn(&scenery(), "step", &vxlan(), true, 76));
    let expected = "\
┌ a ────────────────────────────┐
│   eth0  192.0.2.1/24  up      │
│ ┌   br0  up · bridge ───────┐ │
│ │ + vxlan0  up · VXLAN 42   │ │         ┌ left ─────────────────────────┐
│ │   to-it                   ╞═╪═════════╡   eth0  10.77.0.2/24          │
│ │   up                      │ │         │   up                          │
│ └───────────────────────────┘ │         └───────────────────────────────┘
│ + 00:00:00:00:00:00 behind    │
│   vxlan0, at 192.0.2.2        │
└───────────────────────────────┘
    ║   cable: eth0 – eth0  3▼ 3▲
    ┆ + VXLAN 42: vxlan0 – vxlan0
┌ b ────────────────────────────┐
│   eth0  192.0.2.2/24  up      │
│ ┌   br0  up · bridge ───────┐ │
│ │ + vxlan0  up · VXLAN 42   │ │         ┌ right ────────────────────────┐
│ │   to-it                   ╞═╪═════════╡   eth0  10.77.0.2/24          │
│ │   up                      │ │         │   up                          │
│ └───────────────────────────┘ │         └───────────────────────────────┘
└───────────────────────────────┘
═ cable · ┆ VXLAN · 8▼ packets that went this way in this step · + new";
    assert_eq!(shown, expected);
}

#[test]
fn without_containers_a_vxlan_is_a_line_beside_its_cable() {
    let shown = test::text(&drawn(&scenery(), "step", &vxlan()[..3], true, 116));
    let expected = "\
┌ a ──────────────────────────────────────────────┐              ┌ b ──────────────────────────────────────────────┐
│   eth0  192.0.2.1/24                            ╞══════════════╡   eth0  192.0.2.2/24                            │
│   up                                            │    3▶ ◀3     │   up                                            │
│ ┌   br0  up · bridge ─────────────────────────┐ │              │ ┌   br0  up · bridge ─────────────────────────┐ │
│ │   to-it                                     │ │              │ │   to-it                                     │ │
│ │   up · cable to interface 21 elsewhere      │ │              │ │   up · cable to interface 22 elsewhere      │ │
│ │ + vxlan0                                    ├┄┼┄┄┄┄VNI 42┄┄┄┄┼┄┤ + vxlan0                                    │ │
│ │   up · VXLAN 42                             │ │              │ │   up · VXLAN 42                             │ │
│ └─────────────────────────────────────────────┘ │              │ └─────────────────────────────────────────────┘ │
│ + 00:00:00:00:00:00 behind vxlan0, at 192.0.2.2 │              └─────────────────────────────────────────────────┘
└─────────────────────────────────────────────────┘

═ cable · ┄ VXLAN · 8▶ packets that went this way in this step · + new";
    assert_eq!(shown, expected);
}

/// The same records, with another reading of one of them.
fn with(mut records: Vec<ReadoutRecord>, at: usize, change: impl Fn(&str) -> String) -> Vec<ReadoutRecord> {
    let Reading::Fact(fact) = &records[at].after else { panic!("no fact") };
    let raw = change(&fact.raw);
    records[at].after = links(&raw.lines().collect::<Vec<_>>());
    records
}

#[test]
fn ends_of_a_vxlan_that_do_not_reach_each_other_are_not_joined() {
    let mut unknown = vxlan();
    unknown[2].after = table(Vec::new());
    let mut elsewhere = vxlan();
    elsewhere[2].after = table(vec![sent_to("192.0.2.9")]);
    let unread: Vec<ReadoutRecord> = vxlan().into_iter().filter(|record| record.id != "table").collect();
    let other = with(vxlan(), 1, |raw| raw.replace("vni 42", "vni 43"));
    let down = with(vxlan(), 1, |raw| {
        raw.replace("vxlan0 mtu 1450 state up flag up flag lower_up", "vxlan0 mtu 1450 state down")
    });
    for records in [unknown, elsewhere, unread, other, down] {
        let shown = test::text(&drawn(&scenery(), "step", &records, true, 116));
        assert!(shown.contains("VXLAN 42") && shown.contains("+ vxlan0"), "{shown}");
        assert!(!shown.contains(['┄', '┆']), "{shown}");
    }
}

/// Where the forwarding table was not read, the lesson says what is in it.
#[test]
fn a_vxlan_whose_hosts_the_lesson_has_named_is_joined() {
    let mut records: Vec<ReadoutRecord> = vxlan().drain(..2).collect();
    for (record, host) in records.iter_mut().zip(["host-a", "host-b"]) {
        (record.id, record.viewpoint) = (format!("{host}-links"), host.to_owned());
    }
    let joined = |step: &str| {
        let lines = drawn(&lesson("vxlan"), step, &records, true, 116);
        test::text(&lines).contains("├┄┼┄┄┄┄VNI 42┄┄┄┄┼┄┤")
    };
    assert!(!joined("ends") && joined("flood") && joined("wire"));
}

/// A map in which boxes are in these network namespaces.
fn map(members: &[(&str, &str)]) -> NamespaceMap {
    let member = |(name, net): &(&str, &str)| Member {
        name: (*name).to_owned(),
        links: [("net".to_owned(), (*net).to_owned())].into(),
        ..Member::default()
    };
    NamespaceMap { members: members.iter().map(member).collect(), ..NamespaceMap::default() }
}

fn eth0() -> Reading {
    links(&[&veth(2, "eth0", 3, "kind veth address 10.88.0.2/24")])
}

/// `machine` and the namespace at the other end of its cable.
fn modes(web: Reading, sidecar: [Reading; 2]) -> Vec<ReadoutRecord> {
    let port = veth(3, "to-web", 2, "kind veth");
    let [before, after] = sidecar;
    vec![
        record("machine-links", "machine", links(&[&port]), links(&[&port])),
        record("web-links", "web", eth0(), web),
        record("sidecar-links", "sidecar", before, after),
    ]
}

fn in_maps(step: &str, read: &[ReadoutRecord], after: bool, maps: [&NamespaceMap; 2], width: u16) -> String {
    let lesson = lesson("net-modes");
    let known = input(&lesson, step, read, after);
    let known = PictureInput { before: Some(maps[0]), now: after.then_some(maps[1]), ..known };
    test::text(&draw(&known, width, 18, Theme::default()).unwrap_or_default())
}

#[test]
fn a_namespace_lives_on_in_the_box_that_stays() {
    let readouts = modes(Reading::Gone, [eth0(), eth0()]);
    let (machine, web, sidecar) = (("machine", "net:[1]"), ("web", "net:[2]"), ("sidecar", "net:[2]"));
    let (before, now) = (map(&[machine, web, sidecar]), map(&[machine, sidecar]));
    let shown = |after| in_maps("holder", &readouts, after, [&before, &now], 76);
    assert!(shown(false).contains("┌ web, sidecar net:[2] ─"));
    let expected = "\
┌ machine net:[1] ──────────────┐         ┌ sidecar net:[2] − web gone ───┐
│   to-web                      ╞═════════╡   eth0  10.88.0.2/24          │
│   up                          │         │   up                          │
└───────────────────────────────┘         └───────────────────────────────┘

═ cable · − gone";
    assert_eq!(shown(true), expected);
}

#[test]
fn what_a_box_had_in_another_namespace_is_no_change_of_the_one_that_it_joins() {
    let mut readouts = modes(eth0(), [links(&[&veth(3, "to-web", 2, "kind veth")]), eth0()]);
    let route = |to: &str, dev: &str| {
        table(vec![Row::new([("to", to.to_owned()), ("via", String::new()), ("dev", dev.to_owned())])])
    };
    let (old, new) = (|| route("10.88.0.0/24", "br0"), || route("10.88.0.0/24", "eth0"));
    // The one who has come reads first.
    readouts.insert(0, record("sidecar-routes", "sidecar", old(), new()));
    readouts.push(record("web-routes", "web", new(), new()));
    let [old, new] = ["machine here", "web here"].map(|text| Reading::Fact(Fact::text(text)));
    readouts.push(record("sidecar-answer", "sidecar", old, new));
    let (machine, web) = (("machine", "net:[1]"), ("web", "net:[2]"));
    let before = map(&[machine, web, ("sidecar", "net:[1]")]);
    let now = map(&[machine, web, ("sidecar", "net:[2]")]);
    let shown = in_maps("container", &readouts, true, [&before, &now], 84);
    let expected = "\
┌ sidecar, web net:[2] + sidecar ───┐          ┌ machine net:[1] ──────────────────┐
│   eth0  10.88.0.2/24              ╞══════════╡   to-web                          │
│   up                              │          │   up                              │
│   route 10.88.0.0/24 over eth0    │          └───────────────────────────────────┘
│   127.0.0.1:80 says “web here”    │
└───────────────────────────────────┘

═ cable · + new";
    assert_eq!(shown, expected);
}

/// Packets that no cable shows have no sign to be explained.
#[test]
fn the_legend_explains_only_signs_that_are_drawn() {
    let with_packets = |name: &str, rx: u32| {
        format!("1: {name} mtu 65536 state up flag up flag lower_up rx_packets {rx} tx_packets {rx}")
    };
    let mut readouts = cable();
    for (record, quiet) in readouts.iter_mut().zip(["to-right", "to-left"]) {
        let Reading::Fact(fact) = &record.before else { panic!("no fact") };
        let end = fact.raw.lines().find(|line| line.contains(quiet)).unwrap_or_default().to_owned();
        record.before = links(&[&with_packets("lo", 0), &end]);
        record.after = links(&[&with_packets("lo", 4), &end]);
    }
    let shown = test::text(&drawn(&lesson("net"), "packet", &readouts, true, 76));
    assert!(shown.contains("sent 4 · received 4") && shown.ends_with("\n\n─ dead cable"), "{shown}");
}

#[test]
fn colours_change_nothing_but_colours() {
    use crate::tui::theme::Depth;
    let plain = Theme { depth: Depth::None, ..Theme::default() };
    for records in [nat(), vxlan()] {
        for (width, height) in [(76, 18), (116, 34), (156, 44)] {
            let lesson = scenery();
            let drawn = [Theme::default(), plain]
                .map(|theme| draw(&input(&lesson, "step", &records, true), width, height, theme));
            let [coloured, plain] = drawn.map(Option::unwrap_or_default);
            assert_eq!(test::text(&coloured), test::text(&plain));
            assert!(plain.iter().flat_map(|line| &line.spans).all(|span| span.style.fg.is_none()));
        }
    }
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
        let mut others: Vec<ReadoutRecord> = nat().into_iter().chain(vxlan().drain(1..2)).collect();
        for readout in &mut others[3..6] {
            let Reading::Fact(Fact { value: Value::Table(rows), .. }) = &mut readout.after else { continue };
            rows.iter_mut().flat_map(|row| &mut row.0).for_each(|cell| text.clone_into(&mut cell.1));
        }
        for columns in test::WIDTHS {
            for after in [false, true] {
                test::fits(&drawn(&lesson("net"), "packet", &readouts, after, columns), columns);
                for records in [&others, &nat(), &vxlan()] {
                    test::fits(&drawn(&scenery(), "step", records, after, columns), columns);
                }
            }
        }
    }
}
