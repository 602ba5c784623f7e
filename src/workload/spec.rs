//! What a workload does, and what it says of itself.

use crate::vocabulary::limits::{WORKLOAD_BYTES, WORKLOAD_FORKS, WORKLOAD_THREADS};
use crate::vocabulary::value::SocketName;
use crate::vocabulary::{Val, Work};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a workload does, in plain numbers: parameters are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spec {
    /// Threads that only compute.
    Busyloop {
        /// Number of threads.
        threads: u32,
        /// Number of CPUs: the first ones that the caller may use; by default, all of them.
        cpus: Option<u32>,
    },
    /// Takes memory, touches every page, and keeps it.
    Memhog {
        /// Total number of bytes.
        take: u64,
        /// Bytes taken at a time.
        step: u64,
        /// The pause between two steps. With a pause the workload is ready after the first step, without one after the last.
        every: Option<Duration>,
    },
    /// Writes a file and reads it.
    Filereader {
        /// Size of the file, in bytes.
        size: u64,
    },
    /// Forks, and counts what the kernel answers.
    Forker {
        /// How often it calls `fork(2)`: it never has more children.
        forks: u32,
        /// The pause between two calls. With a pause the workload is ready after the first call, without one after the last.
        every: Option<Duration>,
    },
    /// Answers every connection with a text.
    TcpServer {
        /// The port, on every IPv4 address, where no listening socket is given.
        port: u16,
        /// The text of the answer, in which `{peer}` becomes the client's address.
        says: String,
    },
    /// The same on a UNIX domain socket.
    UnixListener {
        /// Where it listens, where no listening socket is given; a path as the process itself sees it.
        at: SocketName,
        /// The text of the answer.
        says: String,
    },
}

/// A workload's report on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// It is ready: it computes, has touched its memory, or listens.
    Ready,
    /// The total number of bytes that it has taken, every page of them touched.
    Taken(u64),
    /// How its calls of `fork(2)` have ended so far.
    Forked {
        /// Children that it got.
        made: u32,
        /// Calls that failed with `EAGAIN`.
        failed: u32,
    },
}

fn bytes(key: &str, value: &Val) -> Result<u64, String> {
    match value.number() {
        Some(n) if n >= 1.0 && n <= WORKLOAD_BYTES as f64 => Ok(n as u64),
        _ => Err(format!("{key}: {value} is not between 1 byte and {} MiB", WORKLOAD_BYTES >> 20)),
    }
}

fn pause(every: Option<&Val>) -> Result<Option<Duration>, String> {
    every.map(|v| v.duration().ok_or_else(|| format!("every: {v} is not a time"))).transpose()
}

impl Spec {
    /// From the lesson, with its parameters filled in.
    ///
    /// # Errors
    /// A sentence about the value that is out of bounds.
    pub fn of(work: &Work) -> Result<Spec, String> {
        Ok(match work {
            Work::Busyloop(w) if !(1..=WORKLOAD_THREADS).contains(&w.threads) => {
                return Err(format!("threads: {} is not between 1 and {WORKLOAD_THREADS}", w.threads));
            }
            Work::Busyloop(w) if w.cpus == Some(0) => {
                return Err("cpus: 0 is not a number of CPUs".to_owned());
            }
            Work::Busyloop(w) => Spec::Busyloop { threads: w.threads, cpus: w.cpus },
            Work::Memhog(w) => {
                let take = bytes("take", &w.take)?;
                let step = w.step.as_ref().map_or(Ok(take), |s| bytes("step", s))?;
                Spec::Memhog { take, step: step.min(take), every: pause(w.every.as_ref())? }
            }
            Work::Forker(w) if !(1..=WORKLOAD_FORKS).contains(&w.forks) => {
                return Err(format!("forks: {} is not between 1 and {WORKLOAD_FORKS}", w.forks));
            }
            Work::Forker(w) => Spec::Forker { forks: w.forks, every: pause(w.every.as_ref())? },
            Work::Filereader(w) => Spec::Filereader { size: bytes("size", &w.size)? },
            Work::TcpServer(w) => Spec::TcpServer { port: w.port, says: w.says.clone() },
            Work::UnixListener(w) => Spec::UnixListener { at: w.at.clone(), says: w.says.clone() },
        })
    }
}
