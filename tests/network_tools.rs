//! What the verbs have programmed and what the readers read of it, held against what `ip(8)`, `bridge(8)` and `nft(8)` print in the same
//! network namespace. The lesson `tests/lessons/router.yaml` sets a box up as a router, and then lets it run each of the tools; the readers
//! read before and after the tool.

mod common;

use common::{Program, programs, skip, test, troubles};
use isolab::events::{LessonRecord, ReadoutRecord, Status, StepRecord};
use isolab::model::{Fact, Interface, Reading, Row, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

const ROUTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons/router.yaml");

#[test]
fn the_tools_say_what_was_programmed_and_what_is_read() {
    for program in programs() {
        let lesson = run(&program);
        if let Status::Blocked { reason, .. } = &lesson.status {
            skip(&format!("{}, {:?}", test(), program.user), reason);
            continue;
        }
        assert_eq!(lesson.status, Status::Passed, "{:?}: {}", program.user, troubles(&lesson));
        links(step(&lesson, "ip-link"));
        addresses(step(&lesson, "ip-address"));
        routes(step(&lesson, "ip-route"));
        neighbours(step(&lesson, "ip-neighbour"));
        ports(step(&lesson, "bridge-link"));
        forwarding(step(&lesson, "bridge-fdb"));
        rules(step(&lesson, "nft"));
    }
}

fn run(program: &Program) -> LessonRecord {
    let file = program.reachable(ROUTER);
    let id = Path::new(ROUTER).file_stem().and_then(|s| s.to_str()).expect("a name");
    program.check(&[file.to_str().expect("a path")]).lesson(id).clone()
}

// ---------------------------------------------------------------- the two sides

fn step<'l>(lesson: &'l LessonRecord, id: &str) -> &'l StepRecord {
    lesson.steps.iter().find(|s| s.id == id).unwrap_or_else(|| panic!("no step {id}"))
}

fn record<'s>(step: &'s StepRecord, id: &str) -> &'s ReadoutRecord {
    step.readouts.iter().find(|r| r.id == id).unwrap_or_else(|| panic!("no readout {id}"))
}

/// What was read before the tool ran, and after it.
fn around<'s>(step: &'s StepRecord, id: &str) -> [&'s Fact; 2] {
    let record = record(step, id);
    [&record.before, &record.after].map(|reading| fact(id, reading))
}

/// What was read after it.
fn read<'s>(step: &'s StepRecord, id: &str) -> &'s Fact {
    fact(id, &record(step, id).after)
}

fn fact<'s>(id: &str, reading: &'s Reading) -> &'s Fact {
    match reading {
        Reading::Fact(fact) => fact,
        other => panic!("{id}: {other:?}"),
    }
}

fn table(fact: &Fact) -> &[Row] {
    match &fact.value {
        Value::Table(rows) => rows,
        other => panic!("{other:?} is no table"),
    }
}

fn number(fact: &Fact) -> u64 {
    match fact.value {
        Value::Int(n) => u64::try_from(n).expect("not below 0"),
        ref other => panic!("{other:?} is no number"),
    }
}

/// The cells of each row, ordered: the tools have another order.
fn cells<const N: usize>(fact: &Fact, columns: [&str; N]) -> Vec<[String; N]> {
    let cell = |row: &Row, column: &str| row.get(column).unwrap_or_else(|| panic!("no {column}")).to_owned();
    let mut rows: Vec<_> = table(fact).iter().map(|row| columns.map(|column| cell(row, column))).collect();
    rows.sort();
    rows
}

fn printed(step: &StepRecord) -> &str {
    &read(step, "printed").raw
}

fn json(step: &StepRecord) -> Vec<Json> {
    serde_json::from_str(printed(step)).unwrap_or_else(|e| panic!("{e}: {}", printed(step)))
}

fn said<'j>(entry: &'j Json, key: &str) -> &'j str {
    entry[key].as_str().unwrap_or_default()
}

fn counted(entry: &Json, pointer: &str) -> u64 {
    entry.pointer(pointer).and_then(Json::as_u64).unwrap_or_else(|| panic!("no {pointer} in {entry}"))
}

/// What the tool prints, as cells, ordered.
fn entries<const N: usize>(of: &[Json], cells: impl Fn(&Json) -> Option<[String; N]>) -> Vec<[String; N]> {
    let mut all: Vec<_> = of.iter().filter_map(cells).collect();
    all.sort();
    all
}

fn expect_all<const N: usize>(found: &[[String; N]], wanted: &[[&str; N]]) {
    for row in wanted {
        assert!(found.iter().any(|f| f == row), "no {row:?} in {found:#?}");
    }
}

// ---------------------------------------------------------------- ip(8)

/// `bridge`, `veth`, `vxlan`, `master`, `mac`, `mtu`, `link_up`; `interfaces`, `link_field`.
fn links(step: &StepRecord) {
    let all = json(step);
    let by_name: BTreeMap<&str, &Json> = all.iter().map(|link| (said(link, "ifname"), link)).collect();
    let link = |name: &str| *by_name.get(name).unwrap_or_else(|| panic!("no {name} in {by_name:#?}"));

    for (name, kind, mtu, master) in [
        ("br0", "bridge", 1350, ""),
        ("to-left", "veth", 1500, "br0"),
        ("to-right", "veth", 1500, "br0"),
        ("wan", "veth", 1400, ""),
        ("vx1", "vxlan", 1350, "br0"),
        ("vx2", "vxlan", 1500, ""),
    ] {
        let is = link(name);
        assert_eq!(
            (said(&is["linkinfo"], "info_kind"), is["mtu"].as_u64(), said(is, "master")),
            (kind, Some(mtu), master),
            "{name}"
        );
    }
    assert_eq!(said(link("wan"), "address"), "02:00:00:00:00:01");
    let vxlan = |name| {
        let data = &link(name)["linkinfo"]["info_data"];
        (data["id"].as_u64(), said(data, "local"), data["port"].as_u64(), said(data, "remote"))
    };
    assert_eq!(vxlan("vx1"), (Some(4242), "192.0.2.1", Some(4790), ""));
    assert_eq!(vxlan("vx2"), (Some(7), "192.0.2.1", Some(4789), "192.0.2.9"));

    let [before, after] = around(step, "links").map(|fact| {
        let parsed = fact.raw.lines().map(|l| Interface::parse(l).unwrap_or_else(|| panic!("{l}")));
        parsed.map(|interface| (interface.name.clone(), interface)).collect::<BTreeMap<_, _>>()
    });
    assert_eq!(
        after.keys().map(String::as_str).collect::<Vec<_>>(),
        by_name.keys().copied().collect::<Vec<_>>()
    );
    let name_of = |index: u32| after.values().find(|i| i.index == index).map(|i| i.name.as_str());
    for (name, read) in &after {
        let is = link(name);
        let flag = |word: &str| is["flags"].as_array().is_some_and(|flags| flags.iter().any(|f| f == word));
        let number = |key: &str| is[key].as_u64().and_then(|n| u32::try_from(n).ok());
        assert_eq!((Some(read.index), Some(read.mtu)), (number("ifindex"), number("mtu")), "{name}");
        assert_eq!((read.up, read.lower_up), (flag("UP"), flag("LOWER_UP")), "{name}");
        assert_eq!(read.state, said(is, "operstate").to_lowercase(), "{name}");
        assert_eq!(
            (read.link, read.elsewhere),
            (number("link_index"), !is["link_netnsid"].is_null()),
            "{name}"
        );
        assert_eq!(read.master.and_then(name_of).unwrap_or_default(), said(is, "master"), "{name}");
        assert_eq!(read.kind.as_deref().unwrap_or_default(), said(&is["linkinfo"], "info_kind"), "{name}");
        // Frames come meanwhile; what the tool says is between the two readings.
        let earlier = &before[name];
        for (low, high, pointer) in [
            (earlier.rx_packets, read.rx_packets, "/stats64/rx/packets"),
            (earlier.tx_packets, read.tx_packets, "/stats64/tx/packets"),
        ] {
            let tool = counted(is, pointer);
            assert!((low..=high).contains(&tool), "{name} {pointer}: {low}, {tool}, {high}");
        }
    }

    for (id, name, pointer) in [
        ("mtu", "wan", "/mtu"),
        ("index", "wan", "/ifindex"),
        ("peer", "wan", "/link_index"),
        ("rx-packets", "to-left", "/stats64/rx/packets"),
        ("tx-packets", "to-left", "/stats64/tx/packets"),
        ("rx-bytes", "to-left", "/stats64/rx/bytes"),
        ("tx-bytes", "to-left", "/stats64/tx/bytes"),
    ] {
        let [low, high] = around(step, id).map(number);
        let tool = counted(link(name), pointer);
        assert!(tool > 0 && (low..=high).contains(&tool), "{id}: {low}, {tool}, {high}");
    }
}

/// `address`; `interfaces`.
fn addresses(step: &StepRecord) {
    let of = |link: &Json| {
        let each = link["addr_info"].as_array().into_iter().flatten();
        let each = each.map(|a| format!("{}/{}", said(a, "local"), a["prefixlen"]));
        let all: Vec<String> = each.collect();
        (!all.is_empty()).then(|| [said(link, "ifname").to_owned(), all.join(" ")])
    };
    let tool = entries(&json(step), of);
    assert_eq!(tool, [["br0", "10.88.0.1/24"], ["wan", "192.0.2.1/24 192.0.2.77/32"]]);
    let mut rows = cells(read(step, "links"), ["name", "address"]);
    rows.retain(|[_, address]| !address.is_empty());
    assert_eq!(rows, tool);
}

/// `address`, `route`; `routes`.
fn routes(step: &StepRecord) {
    let tool = entries(&json(step), |r| Some(["dst", "gateway", "dev"].map(|key| said(r, key).to_owned())));
    assert_eq!(
        tool,
        [
            ["10.88.0.0/24", "", "br0"],
            ["192.0.2.0/24", "", "wan"],
            ["198.51.100.0/24", "10.88.0.2", "br0"],
            ["default", "192.0.2.2", "wan"],
        ]
    );
    assert_eq!(cells(read(step, "routes"), ["to", "via", "dev"]), tool);
}

/// `neighbours`. The tool also prints those that are being asked for or did not answer; the reader leaves them out.
fn neighbours(step: &StepRecord) {
    let known = |entry: &Json| {
        let states = entry["state"].as_array().expect("states");
        let unknown = states.iter().any(|s| s == "INCOMPLETE" || s == "FAILED");
        (!unknown).then(|| ["dst", "dev", "lladdr"].map(|key| said(entry, key).to_owned()))
    };
    let tool = entries(&json(step), known);
    expect_all(&tool, &[["10.88.0.2", "br0", "02:00:00:00:00:a1"]]);
    assert_eq!(cells(read(step, "near"), ["to", "dev", "mac"]), tool);
}

// ---------------------------------------------------------------- bridge(8)

/// `master`; `bridge_ports`.
fn ports(step: &StepRecord) {
    let tool =
        entries(&json(step), |p| Some(["ifname", "master", "state"].map(|key| said(p, key).to_owned())));
    assert_eq!(tool, ["to-left", "to-right", "vx1"].map(|port| [port, "br0", "forwarding"]));
    assert_eq!(cells(read(step, "ports"), ["port", "bridge", "state"]), tool);
}

/// `fdb`, `mac`, `vxlan`; `forwarding`.
///
/// The reader leaves out multicast addresses, of which each interface has some in its own filter (`33:33:…` of IPv6, `01:00:5e:…` of IPv4).
/// What it leaves out beyond that would be missing here.
fn forwarding(step: &StepRecord) {
    let unicast = |entry: &Json| {
        let mac = said(entry, "mac");
        let first = u8::from_str_radix(mac.split(':').next()?, 16).expect("two digits");
        let kind =
            if ["permanent", "static"].contains(&said(entry, "state")) { "permanent" } else { "learned" };
        (first & 1 == 0).then(|| [mac, said(entry, "ifname"), said(entry, "dst"), kind].map(str::to_owned))
    };
    let mut tool = entries(&json(step), unicast);
    // One line for each VLAN, where the reader has one for all.
    tool.dedup();
    expect_all(
        &tool,
        &[
            ["00:00:00:00:00:00", "vx1", "192.0.2.2", "permanent"],
            ["00:00:00:00:00:00", "vx1", "192.0.2.3", "permanent"],
            ["00:00:00:00:00:00", "vx2", "192.0.2.9", "permanent"],
            ["02:00:00:00:00:33", "vx1", "192.0.2.3", "permanent"],
            ["02:00:00:00:00:a1", "to-left", "", "learned"],
        ],
    );
    assert_eq!(cells(read(step, "table"), ["mac", "dev", "to", "kind"]), tool);
}

// ---------------------------------------------------------------- nft(8)

/// A rule as the tool prints it, without the numbers of its counter, and how many packets that has counted.
fn without_counts(line: &str) -> (String, u64) {
    let words: Vec<&str> = line.split(' ').collect();
    let at = words.iter().position(|w| *w == "packets").unwrap_or_else(|| panic!("no counter in {line}"));
    let packets = words[at + 1].parse().expect("a number");
    assert_eq!(words[at + 2], "bytes", "{line}");
    ([&words[..at], &words[at + 4..]].concat().join(" "), packets)
}

/// `nat`, `publish`; `nft_rules`.
fn rules(step: &StepRecord) {
    let (mut table_name, mut chain, mut heads, mut tool) =
        (String::new(), String::new(), Vec::new(), Vec::new());
    for line in printed(step).lines().map(str::trim).filter(|l| !l.is_empty() && *l != "}") {
        if let Some(name) = line.strip_prefix("table ").and_then(|l| l.strip_suffix(" {")) {
            name.clone_into(&mut table_name);
        } else if let Some(name) = line.strip_prefix("chain ").and_then(|l| l.strip_suffix(" {")) {
            name.clone_into(&mut chain);
        } else if line.starts_with("type ") {
            // By version, a priority that has a name is written as a number all the same.
            heads.push(
                line.replace("priority -100;", "priority dstnat;")
                    .replace("priority 100;", "priority srcnat;"),
            );
        } else {
            let (rule, packets) = without_counts(line);
            tool.push(([table_name.clone(), chain.clone(), rule], packets));
        }
    }
    heads.sort();
    assert_eq!(
        heads,
        [
            "type nat hook output priority dstnat; policy accept;",
            "type nat hook postrouting priority srcnat; policy accept;",
            "type nat hook prerouting priority dstnat; policy accept;",
        ]
    );
    // The order within a chain counts, that of the chains does not.
    tool.sort_by(|([_, a, _], _), ([_, b, _], _)| a.cmp(b));
    let programmed = [
        ("output", "tcp dport 8443 counter dnat to 10.88.0.3:443"),
        ("postrouting", "ip saddr 10.88.0.0/24 oifname \"wan\" counter masquerade"),
        ("postrouting", "ip saddr 10.96.16.0/20 oifname \"wan\" counter masquerade"),
        ("postrouting", "ip saddr 10.88.0.7 oifname \"wan\" counter masquerade"),
        ("postrouting", "oifname \"wan\" counter masquerade"),
        ("prerouting", "tcp dport 8080 counter dnat to 10.88.0.2:80"),
    ];
    let found: Vec<&[String; 3]> = tool.iter().map(|(rule, _)| rule).collect();
    assert_eq!(found, programmed.map(|(chain, rule)| ["ip nat", chain, rule]).iter().collect::<Vec<_>>());

    let [before, after] = around(step, "rules").map(|fact| {
        let mut rows: Vec<&Row> = table(fact).iter().collect();
        rows.sort_by_key(|row| row.get("chain").map(str::to_owned));
        rows
    });
    assert_eq!((before.len(), after.len()), (tool.len(), tool.len()));
    for ((earlier, later), ([_, chain, rule], packets)) in before.iter().zip(&after).zip(&tool) {
        assert_eq!(later.get("table"), Some("nat"));
        assert_eq!((later.get("chain"), later.get("rule")), (Some(chain.as_str()), Some(rule.as_str())));
        let count = |row: &Row| row.get("packets").and_then(|p| p.parse::<u64>().ok()).expect("a number");
        let (low, high) = (count(earlier), count(later));
        assert!((low..=high).contains(packets), "{rule}: {low}, {packets}, {high}");
    }
    // The ping from behind the router left by the rule for its network.
    assert!(
        tool.iter().any(|([_, _, rule], packets)| rule.contains("10.88.0.0/24") && *packets > 0),
        "{tool:?}"
    );
}
