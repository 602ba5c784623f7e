//! The trace of isolab against `strace(1)`: every lesson is run twice, once traced by isolab, once by strace. In the second run isolab cannot
//! trace and says so; the marks that boxes set around their actions are in strace's output. The calls of the actions must agree: names,
//! arguments, results, in order, for each process.
//!
//! Numbers that another run gives anew (processes, inodes) may differ, but each must always stand for the same other one.
//! `ISOLAB_SLOW=1` takes in the lessons that measure over long windows.

mod common;

use common::{ISOLAB, Program, Report, built_in, leftover, lessons_of, note, skip, troubles};
use isolab::events::{ActionRecord, LessonRecord, Status};
use isolab::model::capability::Capability;
use isolab::model::{Call, Outcome, Source};
use isolab::present::action::deed_text;
use isolab::vocabulary::Lesson;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What a trace leaves out on purpose: what a program does for itself and what changes nothing.
const LEFT_OUT: &[&str] = &[
    // Memory.
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "mincore",
    // The run-time of a thread.
    "arch_prctl",
    "set_tid_address",
    "set_robust_list",
    "rseq",
    "futex",
    "getrandom",
    "prlimit64",
    "getrlimit",
    "sched_yield",
    "sched_getaffinity",
    "membarrier",
    "restart_syscall",
    // Signal handling.
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "signalfd4",
    // Time and waiting.
    "nanosleep",
    "clock_nanosleep",
    "clock_gettime",
    "gettimeofday",
    "poll",
    "ppoll",
    // Questions.
    "getpid",
    "getppid",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "capget",
    "uname",
    "getcwd",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "getdents64",
    "lseek",
    "fcntl",
    "close",
    "getsockname",
    "getpeername",
    "getsockopt",
];

/// How much of a message isolab keeps, and the bytes of its header.
const SHOWN_BYTES: usize = 256;
const NETLINK_HEADER: usize = 16;

/// The first argument of the marks: see `isolab::kernel::marker`.
const MARK: &str = "0x49534f4c";

/// A call in words, from either side.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    name: String,
    args: Vec<String>,
    result: String,
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}({}) = {}", self.name, self.args.join(", "), self.result)
    }
}

/// One action: the calls of the box that made it, and those of each process that it made.
#[derive(Debug, Default)]
struct Act {
    planned: String,
    own: Vec<Word>,
    children: Vec<Vec<Word>>,
}

// ---------------------------------------------------------------- isolab's side

fn result(outcome: Outcome) -> String {
    match outcome {
        Outcome::Returned(value) => value.to_string(),
        Outcome::Failed(errno) => format!("-1 {errno}"),
        Outcome::Unfinished => "?".to_owned(),
    }
}

fn word(call: &Call) -> Word {
    Word { name: call.name.clone(), args: call.args.clone(), result: result(call.outcome) }
}

fn acts_of(lesson: &LessonRecord) -> Vec<Act> {
    let act = |action: &ActionRecord| {
        let mut by_process: Vec<(i32, Vec<Word>)> = Vec::new();
        for call in &action.calls {
            match by_process.iter_mut().find(|(pid, _)| *pid == call.pid) {
                Some((_, words)) => words.push(word(call)),
                None => by_process.push((call.pid, vec![word(call)])),
            }
        }
        let mut words = by_process.into_iter().map(|(_, words)| words);
        Act {
            planned: format!("{}: {}", action.actor, deed_text(&action.deed)),
            own: words.next().unwrap_or_default(),
            children: words.collect(),
        }
    };
    let actions = lesson.steps.iter().flat_map(|s| &s.actions);
    actions.map(act).filter(|a| !a.own.is_empty()).collect()
}

// ---------------------------------------------------------------- strace's side

/// A line of strace: who, and what, with calls that were cut in two put together again where they began.
fn whole_lines(text: &str) -> Vec<(i32, String)> {
    let mut lines: Vec<(i32, String)> = Vec::new();
    let mut open: BTreeMap<i32, usize> = BTreeMap::new();
    for line in text.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let (Ok(pid), rest) = (pid.parse::<i32>(), rest.trim_start()) else { continue };
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let end = resumed.split_once(" resumed>").map_or("", |(_, end)| end);
            if let Some(index) = open.remove(&pid) {
                lines[index].1 += end;
            }
        } else if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
            open.insert(pid, lines.len());
            lines.push((pid, begin.to_owned()));
        } else {
            lines.push((pid, rest.to_owned()));
        }
    }
    lines
}

/// The parts of a list at its own level: commas in brackets, braces and texts are theirs.
fn split(list: &str) -> Vec<String> {
    let (mut parts, mut level, mut quoted, mut escaped) = (vec![String::new()], 0, false, false);
    for c in list.chars() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => level += 1,
            ')' | ']' | '}' if !quoted => level -= 1,
            ',' if !quoted && level == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// `NAME(ARGS) = RESULT …`, or nothing for signals and exits.
fn parse(line: &str) -> Option<Word> {
    let (name, rest) = line.split_once('(')?;
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    // The last one: texts can contain the same.
    let at = rest.rfind(") ")?;
    let (args, rest) = (&rest[..at], rest[at + 1..].trim_start());
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    let mut words = rest.split(' ');
    let first = words.next().unwrap_or("?");
    let value = first.split('<').next().unwrap_or(first);
    let result = if value == "-1" { format!("-1 {}", words.next().unwrap_or("")) } else { value.to_owned() };
    Some(Word { name: name.to_owned(), args: split(args), result })
}

/// `src/kernel/marker.rs`.
enum Mark {
    Begin,
    Pause,
    End,
}

fn mark(word: &Word) -> Option<Mark> {
    let is_mark = word.name == "prctl" && word.args.first().is_some_and(|a| a.starts_with(MARK));
    is_mark.then(|| match word.args.get(1).map(String::as_str) {
        Some("0x1") => Mark::Begin,
        Some("0x2") => Mark::Pause,
        _ => Mark::End,
    })
}

/// What a process does to itself when it is born or changes its ids: `PR_SET_NAME` and the like.
fn is_own_affair(word: &Word) -> bool {
    LEFT_OUT.contains(&word.name.as_str()) || word.name == "prctl"
}

/// Without trials: they make the lessons' calls between the same marks, and end before a lesson begins. There is one at a time, so a process that
/// first appears while one goes on was made by it.
fn without_trials(lines: Vec<(i32, String)>) -> Vec<(i32, String)> {
    let mut known: std::collections::BTreeSet<i32> = std::collections::BTreeSet::new();
    let mut of_trials: std::collections::BTreeSet<i32> = std::collections::BTreeSet::new();
    let mut trial = None;
    lines
        .into_iter()
        .filter(|(pid, line)| {
            let new = known.insert(*pid);
            if line.starts_with("execve(") && line.contains("\"__trial\"") {
                trial = Some(*pid);
            }
            if trial == Some(*pid) || (new && trial.is_some()) {
                of_trials.insert(*pid);
            }
            if trial == Some(*pid) && line.starts_with("+++") {
                trial = None;
            }
            !of_trials.contains(pid)
        })
        .collect()
}

fn acts_of_strace(text: &str) -> Vec<Act> {
    struct Open {
        act: usize,
        child: Option<usize>,
    }
    let mut acts: Vec<Act> = Vec::new();
    let mut recording: BTreeMap<i32, Open> = BTreeMap::new();
    let mut paused: BTreeMap<i32, Open> = BTreeMap::new();
    let mut known: std::collections::BTreeSet<i32> = std::collections::BTreeSet::new();
    // The action that goes on; there is one at a time, and whoever appears in it was made by it.
    let mut current: Option<(i32, usize)> = None;
    for (pid, line) in without_trials(whole_lines(text)) {
        if known.insert(pid)
            && let Some((_, act)) = current
        {
            acts[act].children.push(Vec::new());
            recording.insert(pid, Open { act, child: Some(acts[act].children.len() - 1) });
        }
        if line.starts_with("+++") {
            recording.remove(&pid);
            if current.is_some_and(|(owner, _)| owner == pid) {
                current = None;
            }
            continue;
        }
        let Some(word) = parse(&line) else { continue };
        match mark(&word) {
            Some(Mark::Begin) if paused.contains_key(&pid) => {
                recording.extend(paused.remove(&pid).map(|open| (pid, open)));
                continue;
            }
            // The program that an action starts may be seen only when the action has ended for who started it.
            Some(Mark::Pause) => {
                let open = recording.remove(&pid).or_else(|| {
                    let act = acts.len().checked_sub(1)?;
                    acts[act].children.push(Vec::new());
                    Some(Open { act, child: Some(acts[act].children.len() - 1) })
                });
                paused.extend(open.map(|open| (pid, open)));
                continue;
            }
            Some(Mark::Begin) => {
                acts.push(Act::default());
                current = Some((pid, acts.len() - 1));
                recording.insert(pid, Open { act: acts.len() - 1, child: None });
                continue;
            }
            Some(Mark::End) => {
                recording.remove(&pid);
                paused.remove(&pid);
                if current.is_some_and(|(owner, _)| owner == pid) {
                    current = None;
                }
                continue;
            }
            None => {}
        }
        let Some(open) = recording.get(&pid) else { continue };
        let executed = word.name == "execve" && word.result == "0" && open.child.is_some();
        if !is_own_affair(&word) {
            let act = &mut acts[open.act];
            match open.child {
                None => act.own.push(word),
                Some(child) => act.children[child].push(word),
            }
        }
        if executed {
            recording.remove(&pid);
        }
    }
    acts.retain(|a| !a.own.is_empty());
    for act in &mut acts {
        act.children.retain(|c| !c.is_empty());
    }
    acts
}

// ---------------------------------------------------------------- the same in both

/// The differences between the two programs' ways of writing the same.
fn plain(word: &Word) -> Word {
    let mut args: Vec<String> = word.args.iter().map(|a| plain_argument(a)).collect();
    let mut result = word.result.clone();
    match word.name.as_str() {
        // strace names every argument, and those that no flag asks for, too.
        "clone" => args = vec![field(&args, "flags=").unwrap_or_else(|| args.concat())],
        "clone3" => {
            let inner = args.first().map(|a| a.trim_matches(['{', '}']).to_owned()).unwrap_or_default();
            let kept = ["flags=", "exit_signal=", "cgroup="];
            args = split(&inner).into_iter().filter(|f| kept.iter().any(|k| f.starts_with(k))).collect();
        }
        // strace also says what the second descriptor stood for until then.
        "dup2" => {
            let number = args[1].find('<').unwrap_or(args[1].len());
            args[1].truncate(number);
        }
        // isolab writes a long set as a number.
        "capset" => {
            if let Some(sets) = word.args.get(1) {
                args[1] = capability_sets(sets);
            }
        }
        // The environment's address.
        "execve" => args.truncate(2),
        // A process number has as many digits as it happens to have.
        "write" if args.get(1).is_some_and(|text| is_number(text)) => {
            for length in args.iter_mut().skip(2).chain([&mut result]) {
                "DIGITS".clone_into(length);
            }
        }
        _ => {}
    }
    if ["sendto", "recvfrom", "sendmsg", "recvmsg", "setsockopt"].contains(&word.name.as_str()) {
        args = args.iter().map(|a| message(a, &word.name)).collect();
    }
    Word { name: word.name.clone(), args, result }
}

/// `{effective=1<<CAP_KILL|1<<CAP_CHOWN, …}` → `{effective={0,5}, …}`: each set by the numbers of what it has.
fn capability_sets(text: &str) -> String {
    let numbers = |set: &str| -> Vec<usize> {
        let mask =
            set.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let has = |(number, name): &(usize, String)| {
            mask >> number & 1 != 0 || set.split('|').any(|one| one.trim_start_matches("1<<") == name)
        };
        let all = Capability::all().map(|c| c.to_string()).enumerate();
        all.filter(has).map(|(number, _)| number).collect()
    };
    let sets = text.trim_matches(['{', '}']).split(", ").map(|set| match set.split_once('=') {
        Some((name, set)) => format!("{name}={:?}", numbers(set)),
        None => set.to_owned(),
    });
    format!("{{{}}}", sets.collect::<Vec<_>>().join(", "))
}

/// Whether this is a quoted number that may be a process's.
fn is_number(text: &str) -> bool {
    let digits = text.trim_matches('"');
    digits.len() >= 3 && digits.chars().all(|c| c.is_ascii_digit())
}

fn field(args: &[String], name: &str) -> Option<String> {
    args.iter().find_map(|a| a.strip_prefix(name)).map(str::to_owned)
}

/// A netlink message by its types; what strace leaves as bytes where it does not know the socket, in isolab's words.
fn message(argument: &str, call: &str) -> String {
    const ERROR: &str = "NLMSG_ERROR";
    let mut types: Vec<&str> = Vec::new();
    let values = |key: &'static str| {
        argument
            .match_indices(key)
            .map(move |(at, _)| argument[at + key.len()..].split([',', '}', ' ']).next().unwrap_or(""))
    };
    let is_batch = values("nlmsg_type=").any(|t| netfilter_type(t).is_some());
    let mut begins_at = 0;
    for (found, length) in values("nlmsg_type=").zip(values("nlmsg_len=")) {
        // isolab keeps the beginning of a long message.
        if begins_at + NETLINK_HEADER > SHOWN_BYTES {
            break;
        }
        begins_at += length.parse::<usize>().unwrap_or(0).next_multiple_of(4);
        let found = match (is_batch, found) {
            (true, "16") => "NFNL_MSG_BATCH_BEGIN",
            (true, "17") => "NFNL_MSG_BATCH_END",
            _ => netfilter_type(found).unwrap_or_else(|| netlink_type(found)),
        };
        // An error holds the header of the message that it answers, which isolab does not show.
        if types.last() == Some(&ERROR) && found != ERROR {
            continue;
        }
        types.push(found);
    }
    if !types.is_empty() {
        return types.join(" ");
    }
    // The length of an address, before and after.
    if let Some((_, after)) = argument.strip_prefix('[').and_then(|a| a.split_once(" => ")) {
        return format!("[{after}");
    }
    let Some(bytes) = bytes_of(argument) else { return argument.to_owned() };
    match (call, bytes.as_slice()) {
        ("setsockopt", bytes) if bytes.len() == 16 => {
            let number = |at: usize| bytes[at..at + 8].try_into().map_or(0, i64::from_ne_bytes);
            format!("{{tv_sec={}, tv_usec={}}}", number(0), number(8))
        }
        // An echo, as it is sent, or behind the header with which a raw socket receives it.
        (_, [8, ..]) => echo(&bytes),
        (_, [0x45, ..]) if bytes.len() > 28 => echo(&bytes[20..]),
        _ => argument.to_owned(),
    }
}

/// Message types of rtnetlink by number (`linux/rtnetlink.h`): strace names them only where it can find out the socket's protocol, which
/// it cannot in another network namespace.
fn netlink_type(text: &str) -> &str {
    match text {
        "16" => "RTM_NEWLINK",
        "17" => "RTM_DELLINK",
        "18" => "RTM_GETLINK",
        "20" => "RTM_NEWADDR",
        "21" => "RTM_DELADDR",
        "22" => "RTM_GETADDR",
        "24" => "RTM_NEWROUTE",
        "25" => "RTM_DELROUTE",
        "26" => "RTM_GETROUTE",
        "28" => "RTM_NEWNEIGH",
        "29" => "RTM_DELNEIGH",
        "30" => "RTM_GETNEIGH",
        other => other,
    }
}

/// Message types of nftables by number (`linux/netfilter/nf_tables.h`, behind the number of the subsystem).
fn netfilter_type(text: &str) -> Option<&str> {
    match text {
        "2560" => Some("NFT_MSG_NEWTABLE"),
        "2563" => Some("NFT_MSG_NEWCHAIN"),
        "2566" => Some("NFT_MSG_NEWRULE"),
        "2567" => Some("NFT_MSG_GETRULE"),
        other => other.starts_with("NFT_MSG_").then_some(other),
    }
}

fn echo(bytes: &[u8]) -> String {
    let kind = match bytes[0] {
        8 => "ICMP_ECHO",
        0 => "ICMP_ECHOREPLY",
        _ => "OTHER",
    };
    let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    format!("{{type={kind}, code={}, id={}, seq={}}}", bytes[1], number(4), number(6))
}

/// The bytes of a text as strace writes it.
fn bytes_of(argument: &str) -> Option<Vec<u8>> {
    let argument = argument.strip_suffix("...").unwrap_or(argument);
    let mut rest = argument.strip_prefix('"')?.strip_suffix('"')?.bytes().peekable();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = rest.next_if(|b| (b'0'..=b'7').contains(b)) else { break };
                    value = value * 8 + u32::from(next - b'0');
                }
                bytes.push(u8::try_from(value).ok()?);
            }
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'v' => bytes.push(0x0b),
            b'f' => bytes.push(0x0c),
            other => bytes.push(other),
        }
    }
    Some(bytes)
}

fn plain_argument(argument: &str) -> String {
    // Bytes may look like any of what follows: `\0o`, a checksum that begins behind a zero.
    if argument.starts_with('"') {
        return argument.to_owned();
    }
    let mut text = String::new();
    let mut rest = argument;
    while let Some(at) = rest.find(" /*") {
        let end = rest[at..].find("*/").map_or(rest.len(), |e| at + e + 2);
        text += &rest[..at];
        rest = &rest[end..];
    }
    text += rest;
    // strace tells the number of a device behind its path.
    let text = match (text.find("<char "), text.ends_with(">>")) {
        (Some(at), true) => format!("{}>", &text[..at]),
        _ => text,
    };
    let text = text.replace("0o", "0").replace("|O_LARGEFILE", "").replace("O_LARGEFILE|", "");
    let text = hexadecimal(&text);
    // Flags of `msgget(2)`: none.
    let text = if text == "000" { "0".to_owned() } else { text };
    // strace -yy says where AT_FDCWD is, and more of sockets than their kind.
    let text = if text.starts_with("AT_FDCWD<") { "AT_FDCWD".to_owned() } else { text };
    sorted_flags(&text)
}

/// `makedev(0x1, 0x3)` → `makedev(1, 3)`; addresses lose their value.
fn hexadecimal(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        out += &rest[..at];
        let digits: String = rest[at + 2..].chars().take_while(char::is_ascii_hexdigit).collect();
        rest = &rest[at + 2 + digits.len()..];
        match u64::from_str_radix(&digits, 16) {
            Ok(value) if value < 1 << 32 => out += &value.to_string(),
            _ => out += "ADDRESS",
        }
    }
    out + rest
}

/// Flags in the order of the alphabet.
fn sorted_flags(text: &str) -> String {
    let is_flags = text.contains('|')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '|');
    if !is_flags {
        return text.to_owned();
    }
    let mut flags: Vec<&str> = text.split('|').collect();
    flags.sort_unstable();
    flags.join("|")
}

/// Which number of the one run stands for which of the other.
#[derive(Default)]
struct Names {
    there: BTreeMap<u64, u64>,
    back: BTreeMap<u64, u64>,
}

impl Names {
    /// Smaller numbers are descriptors, ports, counts, numbers in a PID namespace: the same in every run.
    const SMALLEST: u64 = 300;

    fn same_number(&mut self, a: u64, b: u64) -> bool {
        if a == b {
            return true;
        }
        a.min(b) >= Self::SMALLEST
            && *self.there.entry(a).or_insert(b) == b
            && *self.back.entry(b).or_insert(a) == a
    }

    fn same(&mut self, a: &str, b: &str) -> bool {
        let (a, b) = (pieces(a), pieces(b));
        a.len() == b.len()
            && a.iter().zip(&b).all(|(a, b)| match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => self.same_number(a, b),
                _ => a == b,
            })
    }

    fn same_word(&mut self, a: &Word, b: &Word) -> bool {
        let (a, b) = (plain(a), plain(b));
        a.name == b.name
            && a.args.len() == b.args.len()
            && a.args.iter().zip(&b.args).all(|(a, b)| self.same(a, b))
            && self.same(&a.result, &b.result)
    }
}

/// Runs of digits, and what is between them.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.chars() {
        match pieces.last_mut() {
            Some(last) if last.ends_with(|l: char| l.is_ascii_digit()) == c.is_ascii_digit() => last.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    pieces
}

fn list(words: &[Word]) -> String {
    let lines: Vec<String> = words.iter().map(|w| format!("\n      {}", plain(w))).collect();
    lines.concat()
}

/// Calls that are made again and again until something has happened: how often depends on the moment.
fn once(words: &[Word]) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::new();
    for word in words {
        if kept.last().map(plain) != Some(plain(word)) {
            kept.push(word.clone());
        }
    }
    kept
}

/// When an answer comes is the network's affair: echo requests in their order, then what came back in its order.
fn answers_last(mut words: Vec<Word>) -> Vec<Word> {
    words.sort_by_key(|w| w.name == "recvfrom" && plain(w).args.iter().any(|a| a.contains("ICMP_ECHO")));
    words
}

/// The differences between the two runs of a lesson.
fn differences(ours: &[Act], theirs: &[Act]) -> Vec<String> {
    let mut names = Names::default();
    let mut found = Vec::new();
    for (a, b) in ours.iter().zip(theirs) {
        let (own, other) = (answers_last(once(&a.own)), answers_last(once(&b.own)));
        // How often the members are read, and which ones are left then, depends on the moment.
        if a.planned.contains("kill every process in cgroup") {
            continue;
        }
        let agree = own.len() == other.len() && own.iter().zip(&other).all(|(a, b)| names.same_word(a, b));
        if !agree {
            found.push(format!("{}:\n    isolab{}\n    strace{}", a.planned, list(&own), list(&other)));
            // From here on everything could be shifted.
            if own.first().map(|w| &w.name) != other.first().map(|w| &w.name) {
                return found;
            }
        }
        // A child is let go when its parent's action is over, however far it has come.
        for (i, child) in a.children.iter().enumerate() {
            let other = b.children.get(i).map(Vec::as_slice).unwrap_or_default();
            let agree =
                child.len() <= other.len() && child.iter().zip(other).all(|(a, b)| names.same_word(a, b));
            if !agree {
                let lists = (list(child), list(other));
                found.push(format!(
                    "{}, its child {i}:\n    isolab{}\n    strace{}",
                    a.planned, lists.0, lists.1
                ));
            }
        }
    }
    found
}

// ---------------------------------------------------------------- the test

/// Lessons with long measuring windows.
fn is_slow(lesson: &Lesson) -> bool {
    lesson.steps.iter().filter(|s| s.measure.is_some()).count() > 2
}

fn under_strace(program: &Program, lesson: &str, log: &Path) -> Vec<LessonRecord> {
    let file = program.scratch.file(&format!("{lesson}.json"));
    let mut command = Command::new("strace");
    command.args(["-f", "-yy", "-s", "256", "-o"]).arg(log);
    command.arg(ISOLAB).args(["check", lesson, "--format", "json", "--output"]).arg(&file);
    let output = command.output().expect("strace was there a moment ago");
    let records = lessons_of(&file);
    assert!(!records.is_empty(), "strace of {lesson}: {}", String::from_utf8_lossy(&output.stderr));
    records
}

/// What is wrong with one lesson; nothing also when it cannot be run here, which is said.
fn compare(program: &Program, lesson: &Lesson) -> Vec<String> {
    let traced: Report = program.check(&[&lesson.id]);
    let ours = traced.lesson(&lesson.id);
    if let Status::Blocked { reason, .. } = &ours.status {
        skip(&format!("lesson {} against strace, from a blocked step on", lesson.id), reason);
    } else if ours.status != Status::Passed {
        return vec![troubles(ours)];
    }
    let fallback: Vec<String> = ours
        .steps
        .iter()
        .flat_map(|s| &s.actions)
        .filter(|a| a.source != Source::Kernel)
        .map(|a| format!("{}: {} was not traced", a.actor, deed_text(&a.deed)))
        .collect();
    if !fallback.is_empty() {
        return fallback;
    }
    let log = program.scratch.file(&format!("{}.strace", lesson.id));
    let theirs = under_strace(program, &lesson.id, &log);
    let [theirs] = theirs.as_slice() else { return vec!["no record of the second run".to_owned()] };
    let mut found = Vec::new();
    // Under strace everything is slower, and what is measured can be blocked for that; as far as both got, they are compared.
    if !matches!(theirs.status, Status::Passed | Status::Blocked { .. }) {
        found.push(format!("under strace: {}", troubles(theirs)));
    }
    let whole = [ours, theirs].iter().all(|r| r.status == Status::Passed);
    if let Some(lie) = theirs.steps.iter().flat_map(|s| &s.actions).find(|a| a.source == Source::Kernel) {
        found.push(format!("under strace, {} claims to be traced", deed_text(&lie.deed)));
    }
    let text = std::fs::read(&log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    let (ours, theirs) = (acts_of(ours), acts_of_strace(&text));
    if whole && ours.len() != theirs.len() {
        found.push(format!("{} actions with calls, and {} in strace's output", ours.len(), theirs.len()));
    }
    found.extend(differences(&ours, &theirs));
    if found.is_empty() {
        let calls = ours
            .iter()
            .take(theirs.len())
            .map(|a| a.own.len() + a.children.iter().map(Vec::len).sum::<usize>());
        let both = ours.len().min(theirs.len());
        note(&format!("  {}: {both} actions, {} calls agree", lesson.id, calls.sum::<usize>()));
    }
    let left = leftover::of(traced.pid);
    found.extend(left.into_iter().map(|l| format!("left: {l}")));
    found
}

#[test]
fn the_trace_agrees_with_strace() {
    let version = Command::new("strace").arg("-V").output();
    if let Err(e) = version {
        return skip("the trace against strace", &format!("strace: {e}"));
    }
    let slow = std::env::var_os("ISOLAB_SLOW").is_some();
    let program = Program::built();
    let mut found = Vec::new();
    for lesson in built_in() {
        if is_slow(&lesson) && !slow {
            skip(
                &format!("lesson {} against strace", lesson.id),
                "it measures for long; ISOLAB_SLOW=1 takes it in",
            );
            continue;
        }
        found.extend(compare(&program, &lesson).into_iter().map(|f| format!("{}: {f}", lesson.id)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn lines_are_read() {
    let text = "7 prctl(0x49534f4c /* PR_??? */, 0x1, 0, 0, 0) = -1 EINVAL (Invalid argument)\n\
                7 openat(AT_FDCWD</tmp>, \"/proc/12345/ns/user\", O_RDONLY|O_LARGEFILE|O_CLOEXEC <unfinished ...>\n\
                8 write(1, \"x) = 3, y\", 9)        = 9\n\
                7 <... openat resumed>)              = 5<user:[4026532181]>\n\
                7 prctl(0x49534f4c /* PR_??? */, 0, 0, 0, 0) = -1 EINVAL (Invalid argument)\n\
                7 sethostname(\"after\", 5) = 0\n";
    let acts = acts_of_strace(text);
    let [act] = acts.as_slice() else { panic!("{acts:?}") };
    assert_eq!(
        act.children.concat().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["write(1, \"x) = 3, y\", 9) = 9"]
    );
    let wanted = Word {
        name: "openat".to_owned(),
        args: vec![
            "AT_FDCWD".to_owned(),
            "\"/proc/777/ns/user\"".to_owned(),
            "O_RDONLY|O_CLOEXEC".to_owned(),
        ],
        result: "5".to_owned(),
    };
    let mut names = Names::default();
    assert!(names.same_word(&wanted, &act.own[0]), "{}", act.own[0]);
    assert!(!names.same("/proc/778", "/proc/12345"), "a number stands for one other number only");
    assert!(names.same("/proc/777", "/proc/12345"));
    assert_eq!(
        message(r#""\10\0\212R,\313\0\1isolab""#, "sendto"),
        "{type=ICMP_ECHO, code=0, id=11467, seq=1}"
    );
    let reply = r#""\0\0o\0P\21\0\1 /* isolab */ 0x10""#;
    assert_eq!(plain_argument(reply), reply, "bytes are what they are");
    assert!(!names.same("5", "6"), "small numbers are the same in every run");
}
