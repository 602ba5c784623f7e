//! What a run asks of the kernel, in numbers of calls: they say more than times, which are a busy machine's.

mod common;

use common::{ISOLAB, Scratch, skip};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// The calls of `isolab` with these words and of all that it starts, a line each, behind the number of the process.
fn calls(words: &[&str], traced: &str) -> Option<Vec<(u32, String)>> {
    let scratch = Scratch::new();
    let file = scratch.file("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", traced, "-o"]).arg(&file).arg(ISOLAB).args(words);
    let status = strace.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    if !status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&std::fs::read(&file).ok()?).into_owned();
    let line = |line: &str| {
        let (pid, call) = line.split_once(' ')?;
        Some((pid.parse().ok()?, call.trim_start().to_owned()))
    };
    Some(text.lines().filter_map(line).collect())
}

#[test]
fn a_run_starts_the_program_twice_and_reads_no_other_process() {
    let Some(calls) = calls(&["check", "uts"], "trace=execve,openat,readlink,readlinkat") else {
        return skip(
            "a_run_starts_the_program_twice_and_reads_no_other_process",
            "no lesson runs under strace",
        );
    };
    let starts = |word: &str| {
        let is_it =
            |(_, call): &&(u32, String)| call.starts_with("execve(\"/proc/self/exe\"") && call.contains(word);
        calls.iter().filter(is_it).count()
    };
    assert_eq!((starts("\"__trial\""), starts("\"__guardian\""), starts("")), (1, 1, 2));
    // Whose ids are in use is read before that.
    let begun = calls.iter().position(|(_, call)| call.contains("\"__guardian\"")).expect("a guardian");
    let own: BTreeSet<u32> = calls.iter().map(|(pid, _)| *pid).collect();
    let mut read = 0;
    for (_, call) in &calls[begun..] {
        let number =
            call.split_once("\"/proc/").and_then(|(_, rest)| rest.split_once('/')?.0.parse::<u32>().ok());
        // 1 is the first process of the machine, or of a namespace.
        if let Some(number) = number.filter(|number| *number > 1) {
            assert!(own.contains(&number), "a process that is not of this run is read: {call}");
            read += 1;
        }
    }
    assert!(read > 10, "{read} reads of processes: is this still how they are read?");
}

#[test]
fn the_list_tries_everything_in_one_process() {
    let Some(calls) = calls(&["list"], "trace=execve") else {
        return skip("the_list_tries_everything_in_one_process", "strace cannot be run");
    };
    let starts = calls.iter().filter(|(_, call)| call.starts_with("execve("));
    // What is refused is tried again, alone.
    let alone = |call: &str| call.matches("\", \"").count() <= 3;
    let together = starts.filter(|(_, call)| call.contains("\"__trial\"") && !alone(call)).count();
    assert_eq!(together, 1);
}
