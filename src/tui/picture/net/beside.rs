//! What is drawn beside an interface: rules that rewrite what passes it, and the frames that passed it in this step.

use super::read::Read;
use crate::model::Row;
use crate::present::plain::{count, one_line};
use crate::present::reading::table;
use crate::tui::picture::mark::Mark;

/// So many frames of an interface are drawn.
const FRAMES: usize = 4;

/// A line below an interface.
pub struct Beside {
    /// `+` for a new rule, `▶` for a frame that was sent.
    pub sign: &'static str,
    pub text: String,
    /// It is of this step.
    pub moved: bool,
}

impl Beside {
    /// Whether it is a frame, and no rule.
    pub fn is_frame(&self) -> bool {
        [SENT, RECEIVED].contains(&self.sign)
    }
}

/// A rule, and the interface beside which it belongs, where it names one.
pub struct Rule {
    pub interface: Option<String>,
    pub text: String,
    pub mark: Mark,
}

/// A rule of NAT in words, and the interface that it is about, where it names one.
fn words(rule: &str) -> (Option<String>, String) {
    let words: Vec<&str> = rule.split(' ').collect();
    let after = |word: &str| words.iter().position(|w| *w == word).and_then(|at| words.get(at + 1)).copied();
    let interface = |word| after(word).map(|name| one_line(name.trim_matches('"')));
    if words.contains(&"masquerade") {
        let out = interface("oifname");
        let from = after("saddr").map_or_else(String::new, |from| format!(" from {}", one_line(from)));
        let by = out.as_ref().map_or_else(String::new, |out| format!(" out of {out}"));
        return (out, format!("masquerade{by}{from}"));
    }
    if let (Some(port), Some(to)) = (after("dport"), after("to").filter(|_| words.contains(&"dnat"))) {
        return (interface("iifname"), format!("{} → {}", one_line(port), one_line(to)));
    }
    let interface = interface("oifname").or_else(|| interface("iifname"));
    (interface, format!("rule: {}", one_line(rule)))
}

/// Rules of nftables, with the packets that they have counted in this step.
pub fn rules(record: &Read, after: bool) -> Vec<Rule> {
    let is = |row: &Row, other: &Row| {
        ["table", "chain", "rule"].iter().all(|column| row.get(column) == other.get(column))
    };
    let (before, now) = (table(record.before), if after { table(record.after) } else { &[] });
    let shown = if after { now } else { before };
    let gone = before.iter().filter(|row| after && !now.iter().any(|other| is(row, other)));
    let rule = |row: &Row| {
        let find = |rows: &[Row]| rows.iter().find(|other| is(row, other)).cloned();
        let (old, new) = (find(before), find(now));
        let there = |row: &Option<Row>| row.is_some().then_some(());
        let mark = if after { Mark::of(there(&old).as_ref(), there(&new).as_ref()) } else { Mark::Same };
        let counted = |row: Option<Row>| row?.get("packets")?.parse::<u64>().ok();
        let (interface, mut text) = words(row.get("rule").unwrap_or_default());
        let packets = counted(new).and_then(|now| now.checked_sub(counted(old).unwrap_or(0)));
        let packets = packets.filter(|packets| after && *packets > 0);
        if let Some(packets) = packets {
            text.extend([" · ".to_owned(), count(packets as usize, "packet")]);
        }
        let sign = match (mark, packets) {
            (Mark::Same, Some(_)) => Mark::Changed,
            (mark, _) => mark,
        };
        if sign == Mark::Gone {
            text.push_str(" gone");
        }
        Rule { interface, text, mark: sign }
    };
    shown.iter().chain(gone).map(rule).collect()
}

/// The frames that were captured, or the first of them.
pub fn frames(record: &Read, after: bool) -> Vec<Beside> {
    let rows = if after { table(record.after) } else { &[] };
    let mut all: Vec<Beside> = rows.iter().filter_map(frame).collect();
    let more = all.len().saturating_sub(FRAMES);
    // One more takes no more room than to say so.
    if more > 1 {
        all.truncate(FRAMES);
        all.push(Beside { sign: " ", text: format!("… {}", count(more, "more frame")), moved: false });
    }
    all
}

/// Signs of frames.
pub const SENT: &str = "▶";
pub const RECEIVED: &str = "◀";

/// A frame in a line; nothing for the row that counts the others.
fn frame(row: &Row) -> Option<Beside> {
    let sign = if row.get("direction")? == "out" { SENT } else { RECEIVED };
    let layer = |prefix: &str| {
        let cell = |name: &str| row.get(&format!("{prefix}{name}"));
        let way = match (cell("source"), cell("destination")) {
            (Some(source), Some(destination)) => format!(" {source} → {destination}"),
            _ => String::new(),
        };
        let info = cell("info").map_or_else(String::new, |info| format!(" {info}"));
        Some(format!("{}{way}{info}", cell("protocol")?))
    };
    let text = match (row.get("vni"), layer("inner_")) {
        (Some(vni), Some(inner)) => format!("VXLAN {vni}: {inner}"),
        _ => layer("")?,
    };
    Some(Beside { sign, text: one_line(&text), moved: true })
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn rules_in_words() {
        let said = |rule| {
            let (interface, text) = words(rule);
            (interface.unwrap_or_default(), text)
        };
        let masquerade = said("ip saddr 10.88.0.0/24 oifname \"wan\" counter masquerade");
        assert_eq!(masquerade, ("wan".to_owned(), "masquerade out of wan from 10.88.0.0/24".to_owned()));
        let published = said("tcp dport 8080 counter dnat to 10.88.0.2:80");
        assert_eq!(published, (String::new(), "8080 → 10.88.0.2:80".to_owned()));
        assert_eq!(
            said("iifname \"eth0\" drop"),
            ("eth0".to_owned(), "rule: iifname \"eth0\" drop".to_owned())
        );
        for odd in ["", "masquerade", "dport", "oifname", "dnat to"] {
            let _ = said(odd);
        }
    }
}
