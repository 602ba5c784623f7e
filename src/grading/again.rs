//! Typing a receipt's lines once more: the next run has other process numbers and other directories, and a variable of the shell stands for each.

use super::receipt::{StepReceipt, Variables};

/// A number with fewer digits than this is no process's: it can be an exit status, a PID in a young PID namespace, or a limit.
const DIGITS: usize = 3;
/// Words that are followed by process numbers, or have them behind a `=`.
const TAKES_PIDS: [&str; 9] =
    ["kill", "nsenter", "-t", "--target", "-p", "--pid", "strace", "prlimit", "taskset"];
/// Files that process numbers are written to.
const HOLDS_PIDS: [&str; 3] = ["cgroup.procs", "cgroup.threads", "tasks"];

/// The line for this run: where the value that a variable had in the run of the receipt was typed, the value that it has now.
pub fn line_here(line: &str, then: &Variables, now: &Variables) -> String {
    let mut pairs: Vec<(&str, &str)> = then
        .iter()
        .filter(|(_, old)| old.starts_with('/') && old.len() > 1 || is_number(old))
        .filter_map(|(name, old)| Some((old.as_str(), now.get(name)?.as_str())))
        .collect();
    pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    let mut out = String::new();
    let mut at = 0;
    while let Some(next) = line[at..].chars().next() {
        let fits = |old: &str| {
            line[at..].starts_with(old)
                && !joins(line[..at].chars().next_back())
                && !joins(line[at + old.len()..].chars().next())
        };
        if let Some((old, new)) = pairs.iter().find(|(old, _)| fits(old)) {
            out += new;
            at += old.len();
        } else {
            out.push(next);
            at += next.len_utf8();
        }
    }
    out
}

/// Whether a character next to a number or a path makes another one of it.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

fn is_number(text: &str) -> bool {
    text.len() >= DIGITS && text.bytes().all(|b| b.is_ascii_digit())
}

/// A process number in the lines of a step that no variable has: it was read from somewhere, and the next run has another.
pub fn number_of_that_run(step: &StepReceipt) -> Option<String> {
    let known = |number: &str| step.values().any(|value| value == number);
    step.typed.iter().flat_map(|typed| numbers(&typed.line)).find(|number| !known(number)).map(str::to_owned)
}

/// Numbers that stand where a process number does.
fn numbers(line: &str) -> Vec<&str> {
    let in_proc = line.split("/proc/").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        &rest[..end]
    });
    let mut found: Vec<&str> = in_proc.filter(|number| is_number(number)).collect();
    let words: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || c.is_control() || ";|&()'\"=".contains(c)).collect();
    let after = words.iter().position(|word| TAKES_PIDS.contains(word));
    let written = words.iter().any(|word| HOLDS_PIDS.iter().any(|file| word.ends_with(file)));
    let from = if written { Some(0) } else { after };
    if let Some(from) = from {
        found.extend(words[from..].iter().filter(|word| is_number(word)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::receipt::TypedLine;
    use jiff::Timestamp;

    fn map(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_a_variable_was_becomes_what_it_is() {
        let then =
            map(&[("box", "4711"), ("workspace", "/var/tmp/isolab-a"), ("init", "1"), ("gone", "815")]);
        let now = map(&[("box", "52"), ("workspace", "/var/tmp/isolab-b"), ("init", "7")]);
        for (line, here) in [
            ("nsenter -t 4711 -u hostname", "nsenter -t 52 -u hostname"),
            ("ls /proc/4711/ns 47110 x4711 4711x", "ls /proc/52/ns 47110 x4711 4711x"),
            ("mount -t tmpfs x /var/tmp/isolab-a/m", "mount -t tmpfs x /var/tmp/isolab-b/m"),
            ("cd /var/tmp/isolab-ab", "cd /var/tmp/isolab-ab"),
            ("echo 1 $box 815", "echo 1 $box 815"),
            ("printf ä 4711\u{7f}", "printf ä 52\u{7f}"),
        ] {
            assert_eq!(line_here(line, &then, &now), here);
        }
    }

    #[test]
    fn a_process_number_is_known_by_where_it_stands() {
        let of = |line: &str| {
            number_of_that_run(&StepReceipt {
                typed: vec![TypedLine { shell: None, line: line.to_owned(), at_ms: 0 }],
                variables: map(&[("box", "4711")]),
                shells: [("other".to_owned(), map(&[("box", "4712")]))].into(),
                ..StepReceipt::untouched("s", 1, Timestamp::UNIX_EPOCH)
            })
        };
        for line in
            ["kill -9 815", "nsenter --target=815 -u id", "cat /proc/815/status", "echo 815 > x/cgroup.procs"]
        {
            assert_eq!(of(line).as_deref(), Some("815"), "{line}");
        }
        for line in [
            "kill 4711",
            "kill 4712",
            "echo 100000 > memory.max",
            "hostname 815",
            "kill %1",
            "cat /proc/1/status",
            "sleep 815",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
