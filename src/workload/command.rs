//! The workloads as commands for a person: the program itself, called by a workload's name, as a shell in a run finds it in its `PATH`.

use super::spec::{Announcement, Spec};
use super::{Given, caps, run};
use crate::kernel::{cgroup, process};
use crate::vocabulary::value::SocketName;
use crate::vocabulary::whole::{Busyloop, Filereader, Forker, Memhog, TcpServer, UnixListener};
use crate::vocabulary::{Val, Work};
use clap::{Args, Parser};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The names under which the program is a workload: those that lessons use.
pub const NAMES: [&str; 6] = ["busyloop", "memhog", "filereader", "forker", "tcp_server", "unix_listener"];

/// The exit status after wrong usage.
const USAGE: i32 = 2;

/// What it says may be kept in a file of this size, in bytes: 64 KiB.
const OUTPUT: u64 = 64 << 10;

const CAPS: &str = "\
It ends by itself after 30 minutes, or 60 minutes of CPU time, and gets no
more than 512 MiB of memory besides what it is to take. It ends with its
shell; before that, with Ctrl-C or kill.";

#[derive(Debug, Parser)]
#[command(multicall = true, color = clap::ColorChoice::Never)]
enum Command {
    /// Compute, and nothing else
    #[command(after_help = CAPS)]
    Busyloop {
        /// How many threads, 1 to 64
        #[arg(long, value_name = "N", default_value_t = 1)]
        threads: u32,
        /// On the first N CPUs that it may use [default: all]
        #[arg(long, value_name = "N")]
        cpus: Option<u32>,
        #[command(flatten)]
        common: Common,
    },
    /// Take memory, touch every page of it, and keep it
    #[command(after_help = CAPS)]
    Memhog {
        /// How much in all, at most 512M
        #[arg(long, value_name = "SIZE", value_parser = Val::parse)]
        take: Val,
        /// How much at a time [default: all]
        #[arg(long, value_name = "SIZE", value_parser = Val::parse)]
        step: Option<Val>,
        /// The pause between two steps, such as 100ms
        #[arg(long, value_name = "TIME", value_parser = Val::parse)]
        every: Option<Val>,
        #[command(flatten)]
        common: Common,
    },
    /// Write a file, read it, and end; nobody else sees the file
    #[command(after_help = CAPS)]
    Filereader {
        /// The size of the file, at most 512M
        #[arg(long, value_parser = Val::parse)]
        size: Val,
        /// Where the file is [default: $workspace]
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Fork, count the children and the refusals, and sleep
    #[command(after_help = CAPS)]
    Forker {
        /// How many times, 1 to 64
        #[arg(long, value_name = "N")]
        forks: u32,
        /// The pause between two forks, such as 50ms
        #[arg(long, value_name = "TIME", value_parser = Val::parse)]
        every: Option<Val>,
        #[command(flatten)]
        common: Common,
    },
    /// Answer every connection with a text
    #[command(name = "tcp_server", after_help = CAPS)]
    TcpServer {
        /// The port, on every address
        #[arg(long)]
        port: u16,
        /// The answer; {peer} in it becomes the client's address
        #[arg(long, value_name = "TEXT")]
        says: String,
        #[command(flatten)]
        common: Common,
    },
    /// Answer every connection to a UNIX domain socket with a text
    #[command(name = "unix_listener", after_help = CAPS)]
    UnixListener {
        /// @NAME for an abstract name, or the path of a new file
        #[arg(long, value_name = "NAME", value_parser = SocketName::from_str)]
        at: SocketName,
        /// The answer
        #[arg(long, value_name = "TEXT")]
        says: String,
        #[command(flatten)]
        common: Common,
    },
}

/// What all of them take.
#[derive(Debug, Args)]
struct Common {
    /// Join this cgroup first (its directory or name)
    #[arg(long, value_name = "GROUP")]
    cgroup: Vec<String>,
    /// The name that ps shows, at most 15 bytes
    #[arg(long)]
    name: Option<String>,
}

impl Command {
    /// As a lesson declares it, with what is a matter of the command alone.
    fn parts(self) -> (Work, Common, Option<PathBuf>) {
        match self {
            Command::Busyloop { threads, cpus, common } => {
                (Work::Busyloop(Busyloop { threads, cgroup: None, cpus }), common, None)
            }
            Command::Memhog { take, step, every, common } => {
                (Work::Memhog(Memhog { take, step, every, cgroup: None }), common, None)
            }
            Command::Filereader { size, directory, common } => {
                (Work::Filereader(Filereader { size, cgroup: None }), common, directory)
            }
            Command::Forker { forks, every, common } => {
                (Work::Forker(Forker { forks, every, cgroup: None }), common, None)
            }
            Command::TcpServer { port, says, common } => {
                (Work::TcpServer(TcpServer { port, says }), common, None)
            }
            Command::UnixListener { at, says, common } => {
                (Work::UnixListener(UnixListener { at, says }), common, None)
            }
        }
    }
}

/// Whether the program was called by a workload's name.
pub fn is_called(by: &str) -> bool {
    let name = Path::new(by).file_name().and_then(|n| n.to_str());
    name.is_some_and(|name| NAMES.contains(&name))
}

/// Does what the words ask for, the name among them; gives the exit status. The caller has one thread.
pub fn main(words: &[&str]) -> i32 {
    let name = words.first().and_then(|w| Path::new(w).file_name()?.to_str()).unwrap_or_default();
    let command = match Command::try_parse_from(words) {
        Ok(command) => command,
        Err(e) => {
            let _ = e.print();
            return e.exit_code();
        }
    };
    let (work, common, directory) = command.parts();
    let (spec, name) = match Spec::of(&work) {
        Ok(spec) => (spec, common.name.as_deref().unwrap_or(name)),
        Err(why) => return complain(name, &why, USAGE),
    };
    process::set_name(name);
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    let variables: BTreeMap<String, String> = std::env::vars_os().filter_map(text).collect();
    for group in &common.cgroup {
        let Some(directories) = directories(group, &variables) else {
            return complain(
                name,
                &format!("--cgroup {group}: no directory, and no cgroup of this lesson"),
                USAGE,
            );
        };
        // What is taken from here on is charged to that cgroup.
        if let Err(e) = cgroup::join(&directories, 0) {
            return complain(name, &e, 1);
        }
    }
    if let Err(e) = caps::apply(&spec, caps::Caps { output: OUTPUT, ..caps::Caps::default() }) {
        return complain(name, &format!("setrlimit: {}", crate::model::Errno::from(e)), 1);
    }
    let workspace = std::env::var_os("workspace").map(PathBuf::from).filter(|d| d.is_dir());
    let directory = directory.or(workspace);
    match run(&spec, Given { directory: directory.as_deref(), listener: None }, &mut |said| {
        tell(name, &spec, said);
    }) {
        Ok(()) => 0,
        Err(e) => complain(name, &format!("{}: {}", doing(&spec), crate::model::Errno::of(&e)), 1),
    }
}

/// Where to join: a directory, or a group of the lesson by its name. Those are in variables of the shell, on cgroup v1 with a second one where CPU time
/// is counted in a hierarchy of its own; who names the first directory means both.
fn directories(group: &str, variables: &BTreeMap<String, String>) -> Option<Vec<PathBuf>> {
    let name = if group.contains('/') {
        let named = |(name, value): &(&String, &String)| {
            name.starts_with("cgroup_") && value.as_str() == group.trim_end_matches('/')
        };
        let Some((name, _)) = variables.iter().find(named) else { return Some(vec![PathBuf::from(group)]) };
        name.clone()
    } else {
        format!("cgroup_{}", group.replace('-', "_"))
    };
    let found = [variables.get(&name), variables.get(&format!("{name}_cpuacct"))];
    let found: Vec<PathBuf> = found.into_iter().flatten().map(PathBuf::from).collect();
    (!found.is_empty()).then_some(found)
}

/// Operation and object of what can fail in a workload.
fn doing(spec: &Spec) -> String {
    match spec {
        Spec::Busyloop { threads, .. } => format!("start {threads} threads"),
        Spec::Memhog { take, .. } => format!("take {}", size(*take)),
        Spec::Filereader { size: all } => format!("write and read {}", size(*all)),
        Spec::Forker { forks, .. } => format!("fork {forks} times"),
        Spec::TcpServer { port, .. } => format!("listen on port {port}"),
        Spec::UnixListener { at, .. } => format!("listen at {at}"),
    }
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    if bytes.is_multiple_of(MIB) { format!("{} MiB", bytes / MIB) } else { format!("{bytes} bytes") }
}

/// What nobody could see otherwise: that all of the memory is there, how all forks have ended, and that a server listens.
fn tell(name: &str, spec: &Spec, said: Announcement) {
    let mut out = std::io::stdout();
    let _ = match (spec, said) {
        (Spec::Memhog { take, .. }, Announcement::Taken(bytes)) if bytes == *take => {
            writeln!(out, "{name} has {}", size(bytes))
        }
        (Spec::Forker { forks, .. }, Announcement::Forked { made, failed }) if made + failed == *forks => {
            writeln!(out, "{name}: fork made {made} children and failed {failed} times (EAGAIN)")
        }
        (Spec::TcpServer { port, .. }, Announcement::Ready) => writeln!(out, "{name} listens on port {port}"),
        (Spec::UnixListener { at, .. }, Announcement::Ready) => writeln!(out, "{name} listens at {at}"),
        _ => Ok(()),
    };
}

fn complain(name: &str, why: &impl std::fmt::Display, status: i32) -> i32 {
    let _ = writeln!(std::io::stderr(), "{name}: {why}");
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(words: &[&str]) -> Result<Spec, String> {
        let command = Command::try_parse_from(words).map_err(|e| e.to_string())?;
        Spec::of(&command.parts().0)
    }

    #[test]
    fn every_name_is_a_command_whose_help_fits_a_screen() {
        for name in NAMES {
            let path = format!("/run/isolab/{name}");
            assert!(is_called(&path) && is_called(name), "{name}");
            let help = Command::try_parse_from([path.as_str(), "--help"]).expect_err("help").to_string();
            assert!(help.contains(&format!("Usage: {name} ")), "{help}");
            assert!(help.lines().count() <= 23 && help.lines().all(|l| l.chars().count() < 78), "{help}");
        }
        assert!(!is_called("isolab") && !is_called("/usr/bin/busyloops") && !is_called(""));
    }

    #[test]
    fn words_become_what_a_lesson_declares() {
        assert_eq!(
            spec(&["busyloop", "--threads", "2", "--cpus", "1"]),
            Ok(Spec::Busyloop { threads: 2, cpus: Some(1) })
        );
        assert_eq!(
            spec(&["/run/isolab/memhog", "--take", "64M", "--step=1M", "--every", "100ms"]),
            Ok(Spec::Memhog {
                take: 64 << 20,
                step: 1 << 20,
                every: Some(std::time::Duration::from_millis(100))
            })
        );
        assert_eq!(spec(&["filereader", "--size", "60M"]), Ok(Spec::Filereader { size: 60 << 20 }));
        assert_eq!(spec(&["forker", "--forks", "9"]), Ok(Spec::Forker { forks: 9, every: None }));
        let server = spec(&["tcp_server", "--port", "8080", "--says", "left here"]);
        assert_eq!(server, Ok(Spec::TcpServer { port: 8080, says: "left here".to_owned() }));
        let server = spec(&["unix_listener", "--at", "@door", "--says", "x"]);
        let at = SocketName::Abstract("door".to_owned());
        assert_eq!(server, Ok(Spec::UnixListener { at, says: "x".to_owned() }));
    }

    #[test]
    fn a_group_is_a_directory_or_a_name_of_the_lesson() {
        let split = [("cgroup_gold_one", "/cpu/gold"), ("cgroup_gold_one_cpuacct", "/cpuacct/gold")];
        let split = split.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let both: Option<Vec<PathBuf>> = Some(vec!["/cpu/gold".into(), "/cpuacct/gold".into()]);
        assert_eq!(directories("gold-one", &split), both);
        assert_eq!(directories("/cpu/gold", &split), both);
        assert_eq!(directories("/cpuacct/gold/", &split), Some(vec!["/cpuacct/gold".into()]));
        assert_eq!(directories("./here", &split), Some(vec!["./here".into()]));
        assert_eq!(directories("tin", &split), None);
    }

    #[test]
    fn what_a_lesson_may_not_have_a_person_may_not_have_either() {
        let wrong: [&[&str]; 7] = [
            &["busyloop", "--threads", "65"],
            &["busyloop", "--cpus", "0"],
            &["memhog", "--take", "513M"],
            &["memhog", "--take", "64M", "--every", "soon"],
            &["filereader", "--size", "0"],
            &["forker", "--forks", "65"],
            &["forker", "--forks", "64", "--every", "often"],
        ];
        for words in wrong {
            let why = spec(words).expect_err("refused");
            assert!(why.contains(words[words.len() - 1].trim_end_matches('M')), "{why}");
        }
    }
}
