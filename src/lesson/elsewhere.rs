//! Words that people bring from shells, C and other tools, and what the format has for them.

use super::schema;
use crate::vocabulary::Sig;
use crate::vocabulary::controller::Controller;
use std::collections::BTreeSet;

/// What a word of the format is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What a box does.
    Verb,
    /// What is read.
    Reader,
    /// What is stated of a readout.
    Operator,
    /// What the machine must offer.
    Need,
    /// A type of namespace.
    Namespace,
    /// A signal.
    Signal,
}

/// Modifiers, which stand beside a subject.
pub const MODIFIERS: [&str; 6] = ["fails", "within", "for", "when", "needs", "optional"];

/// One word of each list by which the list is known.
const KINDS: [(&str, Kind); 6] = [
    ("sethostname", Kind::Verb),
    ("kernel_release", Kind::Reader),
    ("at_least", Kind::Operator),
    ("ordinary_user_ns", Kind::Need),
    ("pid_for_children", Kind::Namespace),
    ("STKFLT", Kind::Signal),
];

/// A row: what the words below are taken for, the words, the words of the format, and what else is to be said.
type Row = (Kind, &'static [&'static str], &'static [&'static str], &'static str);

const TABLE: &[Row] = &[
    (Kind::Verb, &["hostname"], &["sethostname"], ""),
    (
        Kind::Verb,
        &["ip", "ifconfig", "iproute2", "ip_link", "ip_addr", "ifup"],
        &["link_up", "veth", "address", "route"],
        "or start the program: `run: [ip, …]`",
    ),
    (Kind::Verb, &["ipcmk", "shm", "shm_get"], &["shmget", "semget", "msgget"], ""),
    (Kind::Verb, &["nsenter", "join", "enter"], &["setns"], ""),
    (Kind::Verb, &["clone", "clone3", "vfork", "spawn"], &["fork"], "with `new` for namespaces"),
    (
        Kind::Verb,
        &["exec", "execve", "sh", "bash", "shell", "cmd", "command", "script"],
        &["run"],
        "a program and its words, as in `run: [ls, -l]`",
    ),
    (
        Kind::Verb,
        &["touch", "echo", "create", "printf", "mkfile"],
        &["write"],
        "as in `write: { f: \"text\\n\" }`",
    ),
    (Kind::Verb, &["rm", "rmdir", "unlink", "delete"], &["remove"], ""),
    (Kind::Verb, &["cp"], &["copy"], ""),
    (Kind::Verb, &["mv", "move"], &["rename"], ""),
    (Kind::Verb, &["ln", "link"], &["symlink"], ""),
    (Kind::Verb, &["cd"], &["chdir"], ""),
    (Kind::Verb, &["signal", "killall", "pkill"], &["kill"], ""),
    (Kind::Verb, &["taskset", "sched_setaffinity"], &["affinity"], ""),
    (Kind::Verb, &["cgcreate", "cgroup"], &["create_cgroup"], ""),
    (Kind::Verb, &["capset", "capsh", "setcap"], &["drop_capabilities"], ""),
    (Kind::Verb, &["newuidmap"], &["uid_map"], ""),
    (Kind::Verb, &["newgidmap"], &["gid_map"], ""),
    (Kind::Verb, &["su", "sudo", "setresuid", "setreuid"], &["setuid"], ""),
    (Kind::Verb, &["bind", "tmpfs", "proc", "overlay"], &["mount"], "as in `mount: { tmpfs: /mnt }`"),
    (Kind::Verb, &["unmount", "umount2"], &["umount"], ""),
    (Kind::Verb, &["curl", "nc", "telnet"], &["connect"], "the reader `tcp_answer` reads what a server says"),
    (Kind::Verb, &["serve", "server"], &["listen"], "or the workload `tcp_server`"),
    (Kind::Verb, &["brctl", "addbr", "switch"], &["bridge", "master"], ""),
    (Kind::Verb, &["iptables", "nft", "nftables", "masquerade", "snat"], &["nat", "publish"], ""),
    (
        Kind::Verb,
        &["dnat", "expose", "port_forward"],
        &["publish"],
        "as in `publish: { port: 8080, to: 10.88.0.2:80 }`",
    ),
    (
        Kind::Reader,
        &["cat", "read", "text", "content", "contents", "path"],
        &["file"],
        "as in `{ file: PATH }`",
    ),
    (Kind::Reader, &["ls", "dir", "directory", "files", "exists"], &["listing"], "as in `{ listing: PATH }`"),
    (Kind::Reader, &["readlink"], &["link"], ""),
    (Kind::Reader, &["find"], &["tree"], ""),
    (Kind::Reader, &["name", "uname_n", "gethostname"], &["hostname"], ""),
    (Kind::Reader, &["uname", "release", "kernel"], &["kernel_release"], ""),
    (Kind::Reader, &["getpid"], &["pid"], ""),
    (Kind::Reader, &["getppid"], &["ppid"], ""),
    (Kind::Reader, &["ps", "top"], &["processes"], ""),
    (
        Kind::Reader,
        &["uid", "gid", "euid", "caps", "capabilities", "id", "whoami"],
        &["status"],
        "as in `status: Uid` and `status: CapEff`",
    ),
    (Kind::Reader, &["ip", "links", "ifaces", "addresses", "ifconfig"], &["interfaces"], ""),
    (Kind::Reader, &["arp"], &["neighbours"], ""),
    (Kind::Reader, &["bridge", "brctl", "ports"], &["bridge_ports"], ""),
    (Kind::Reader, &["fdb"], &["forwarding"], ""),
    (Kind::Reader, &["nft", "nftables", "iptables", "ruleset"], &["nft_rules"], ""),
    (Kind::Reader, &["nf_conntrack", "connections"], &["conntrack"], ""),
    (Kind::Reader, &["mount", "mountinfo", "mtab"], &["mounts"], "as in `mounts: /`"),
    (
        Kind::Reader,
        &["ns", "uts", "net", "user", "ipc", "cgroup_ns", "identity"],
        &["namespace"],
        "as in `namespace: uts`",
    ),
    (Kind::Reader, &["uid_map", "gid_map"], &["id_map"], "as in `id_map: uid`"),
    (
        Kind::Reader,
        &["cgroup", "control", "memory", "pids_max", "memory_max"],
        &["knob"],
        "as in `knob: GROUP/memory.max`",
    ),
    (Kind::Reader, &["cpu", "cpu_usage", "usage"], &["cpu_share"], "as in `cpu_share: GROUP`"),
    (Kind::Reader, &["stdout", "printed", "prints"], &["output"], ""),
    (Kind::Reader, &["exit", "exit_code", "exitcode"], &["exit_status"], ""),
    (Kind::Reader, &["alive", "process"], &["state"], ""),
    (Kind::Reader, &["curl", "http", "connect"], &["tcp_answer"], "as in `tcp_answer: 127.0.0.1:8080`"),
    (Kind::Operator, &["equals", "equal", "eq", "==", "=", "be", "value"], &["is"], ""),
    (Kind::Operator, &["not", "ne", "!=", "not_equal", "isnt", "is not"], &["is_not"], ""),
    (
        Kind::Operator,
        &["gt", "ge", ">", ">=", "min", "more_than", "greater_than", "above"],
        &["at_least"],
        "",
    ),
    (Kind::Operator, &["lt", "le", "<", "<=", "max", "less_than", "below"], &["at_most"], ""),
    (Kind::Operator, &["range", "in"], &["between"], "as in `between: [1, 3]`"),
    (Kind::Operator, &["about", "approx", "around"], &["near"], "as in `near: { value: 20%, by: 2% }`"),
    (
        Kind::Operator,
        &["has", "includes", "include", "matches", "match", "contains_text", "regex"],
        &["contains"],
        "",
    ),
    (Kind::Operator, &["not_contains", "excludes", "without", "has_not"], &["lacks"], ""),
    (
        Kind::Operator,
        &["same", "equal_to"],
        &["same_as", "unchanged"],
        "another readout, or what it was before",
    ),
    (
        Kind::Operator,
        &["different", "differs", "other"],
        &["differs_from", "changed"],
        "another readout, or what it was before",
    ),
    (Kind::Operator, &["increased", "increases", "grows", "rises", "rose"], &["grew"], ""),
    (Kind::Operator, &["decreased", "decreases", "falls", "shrinks", "shrank", "drops"], &["fell"], ""),
    (Kind::Operator, &["changes", "change", "modified"], &["changed"], ""),
    (Kind::Operator, &["stays", "unmodified", "constant"], &["unchanged"], ""),
    (Kind::Operator, &["length", "len", "size", "rows", "number"], &["count"], "as in `count: { is: 2 }`"),
    (
        Kind::Operator,
        &["running", "lives", "up"],
        &["alive"],
        "`contains: { flags: up }` is about an interface",
    ),
    (Kind::Operator, &["dead", "ended", "exit", "died"], &["exited", "killed_by", "gone"], ""),
    (Kind::Operator, &["killed", "signal"], &["killed_by"], ""),
    (Kind::Operator, &["error", "errno", "missing", "absent"], &["fails", "gone"], "as in `fails: ENOENT`"),
    (Kind::Operator, &["before"], &["was", "as_before"], ""),
    (Kind::Operator, &["maximum", "highest"], &["peak"], ""),
    (Kind::Namespace, &["network", "CLONE_NEWNET"], &["net"], ""),
    (Kind::Namespace, &["mnt", "mounts", "CLONE_NEWNS"], &["mount"], ""),
    (Kind::Namespace, &["hostname", "CLONE_NEWUTS"], &["uts"], ""),
    (Kind::Namespace, &["process", "processes", "CLONE_NEWPID"], &["pid"], ""),
    (Kind::Namespace, &["users", "uid", "CLONE_NEWUSER"], &["user"], ""),
    (Kind::Namespace, &["CLONE_NEWIPC"], &["ipc"], ""),
    (Kind::Namespace, &["cgroups", "CLONE_NEWCGROUP"], &["cgroup"], ""),
    (Kind::Namespace, &["clock", "CLONE_NEWTIME"], &["time"], ""),
    (Kind::Need, &["mnt", "mount"], &["mount_ns"], ""),
    (Kind::Need, &["net", "network"], &["net_ns"], ""),
    (Kind::Need, &["namespaces", "rootless", "userns"], &["user_ns"], ""),
    (Kind::Need, &["overlay"], &["overlayfs"], ""),
    (Kind::Need, &["subuid", "subgid", "newuidmap"], &["id_range"], ""),
    (Kind::Need, &["cpu", "cores"], &["cpus"], "as in `{ cpus: 2 }`"),
    (Kind::Need, &["version", "linux"], &["kernel"], "as in `{ kernel: \"5.11\" }`"),
];

/// What a list of known words is a list of.
pub fn kind(known: &[&str]) -> Option<Kind> {
    KINDS.iter().find(|(word, _)| known.contains(word)).map(|(_, kind)| *kind)
}

/// What to write instead of a word that is not among the known ones, where people are known to try it.
pub fn instead(word: &str, known: &[&str]) -> Option<String> {
    let kind = kind(known)?;
    if kind == Kind::Signal {
        let signal = match word.parse() {
            Ok(number) => Sig::numbered(number),
            Err(_) => word.to_ascii_uppercase().strip_prefix("SIG").and_then(Sig::named),
        };
        return signal.map(|signal| format!("write `{}`", signal.name()));
    }
    if kind == Kind::Operator && MODIFIERS.contains(&word) {
        return Some(beside(word));
    }
    let row = TABLE.iter().find(|(of, words, _, _)| *of == kind && words.contains(&word));
    if let Some((_, _, meant, note)) = row {
        let meant: Vec<String> = meant.iter().map(|word| format!("`{word}`")).collect();
        let meant = match meant.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, first)) => format!("{} or {last}", first.join(", ")),
            None => return None,
        };
        let pause = if note.starts_with("as in") || note.starts_with("with") { "," } else { ";" };
        return Some(if note.is_empty() {
            format!("write {meant}")
        } else {
            format!("write {meant}{pause} {note}")
        });
    }
    let said = match (kind, word) {
        (Kind::Verb, "cat" | "ls" | "read" | "ps" | "readlink" | "id" | "whoami") => {
            "what is read is a readout: declare it under `readouts`, and name it in `expect` or `show`"
        }
        (Kind::Verb | Kind::Operator, "sleep" | "wait_for" | "pause" | "delay") => {
            "nothing sleeps here: `within: 5s` or `for: 300ms` beside an expectation waits"
        }
        (Kind::Need, "root" | "sudo") => "write `when: { rights: root }` in a step that is for root alone",
        (Kind::Need, _) if is_of_cgroups(word) => {
            "leave it out: what the declared cgroups and their controllers need is asked for by itself"
        }
        _ => return None,
    };
    Some(said.to_owned())
}

/// Advice for an unknown word that resembles none.
pub fn otherwise(word: &str, known: &[&str]) -> Option<String> {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match kind(known)? {
        Kind::Verb if plain => {
            let way = if is_call(word) {
                "no verb makes this system call; `run: [PROGRAM, …]` starts a program that may".to_owned()
            } else {
                format!("`run: [{word}, …]` starts a program")
            };
            Some(format!("{way}; the verbs are in docs/lesson-format.md#verbs"))
        }
        Kind::Verb => Some("write `{ VERB: OBJECT }`, or `run: [PROGRAM, WORD, …]`".to_owned()),
        Kind::Reader if word.starts_with('/') => Some(format!("write `{{ file: {word} }}`")),
        Kind::Need if plain => {
            Some(format!("a program is needed as `{{ program: {word} }}`; known: {}", known.join(", ")))
        }
        Kind::Reader | Kind::Operator | Kind::Need | Kind::Namespace | Kind::Signal => None,
    }
}

/// Advice for a text in the place of a verb, reader or operator.
pub fn alone(text: &str, kind: Kind) -> Option<String> {
    let known = words(kind);
    if let Some((word, object)) = text.split_once(' ') {
        let meant =
            TABLE.iter().find(|row| row.0 == kind && row.1.contains(&word)).and_then(|row| row.2.first());
        if let Some(word) = known.iter().map(String::as_str).find(|known| *known == word).or(meant.copied()) {
            return Some(format!("write `{{ {word}: {} }}`", object.trim()));
        }
    }
    (kind == Kind::Operator).then(|| format!("a value is stated with an operator: `{{ is: {text} }}`"))
}

/// Advice for a modifier that stands among verbs or operators.
pub fn beside(modifier: &str) -> String {
    format!("write it beside the subject: `{{ SUBJECT: …, {modifier}: … }}`")
}

/// Every word of a kind.
fn words(kind: Kind) -> BTreeSet<String> {
    let list = match kind {
        Kind::Verb => schema::verbs(),
        Kind::Reader => schema::readers(),
        Kind::Operator => schema::operators(),
        Kind::Need => schema::needs(),
        Kind::Namespace => schema::namespaces(),
        Kind::Signal => schema::signals(),
    };
    list.into_iter().map(|(word, _)| word).collect()
}

/// Whether a word is a verb, a reader or an operator.
pub fn is_of_the_format(word: &str) -> bool {
    [Kind::Verb, Kind::Reader, Kind::Operator].into_iter().any(|kind| words(kind).contains(word))
}

/// Advice for a second word where one is wanted.
pub fn surplus(first: &str, extra: &str) -> String {
    if MODIFIERS.contains(&extra) {
        return beside(extra);
    }
    let both = |kind| words(kind).is_superset(&BTreeSet::from([first.to_owned(), extra.to_owned()]));
    if both(Kind::Verb) || both(Kind::Operator) {
        return format!("write a list: `[{{ {first}: … }}, {{ {extra}: … }}]`");
    }
    format!("write `{extra}` inside, `{first}: {{ …, {extra}: … }}`, or an item of its own for it")
}

fn is_of_cgroups(word: &str) -> bool {
    let all = [
        Controller::Cpu,
        Controller::Memory,
        Controller::Pids,
        Controller::Cpuset,
        Controller::Io,
        Controller::Freezer,
    ];
    let of = word.strip_prefix("cgroup_").unwrap_or(word);
    all.iter().any(|controller| controller.name() == of && of != "cpu")
        || matches!(word, "cgroup" | "cgroups" | "cgroup_v1" | "cgroup_v2" | "cgroup2" | "v1" | "v2")
}

fn is_call(word: &str) -> bool {
    word.parse::<syscalls::Sysno>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_has_the_words_that_are_meant_and_not_the_others() {
        for (kind, foreign, meant, _) in TABLE {
            let known = words(*kind);
            assert!(meant.iter().all(|word| known.contains(*word)), "{meant:?}");
            assert!(foreign.iter().all(|word| !known.contains(*word)), "{foreign:?}");
        }
        for (word, kind) in KINDS {
            assert!(words(kind).contains(word), "{word}");
        }
    }

    #[test]
    fn a_word_has_one_meaning() {
        for kind in KINDS.map(|(_, kind)| kind) {
            let mut seen = BTreeSet::new();
            let words = TABLE.iter().filter(|row| row.0 == kind).flat_map(|row| row.1);
            words.for_each(|word| assert!(seen.insert(word), "{word}"));
        }
    }
}
