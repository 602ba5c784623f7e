//! What a workload does, and what it says of itself.

use crate::vocabulary::limits::{WORKLOAD_BYTES, WORKLOAD_THREADS};
use crate::vocabulary::{Val, Work};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a workload is told to do: plain numbers, no parameters any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spec {
    /// Threads that only compute.
    Busyloop {
        /// How many.
        threads: u32,
        /// On how many CPUs: the first ones that the caller may use; all of them unless told.
        cpus: Option<u32>,
    },
    /// Takes memory, touches every page, and keeps it.
    Memhog {
        /// Bytes in all.
        take: u64,
        /// Bytes at once.
        step: u64,
        /// The pause between two steps; with one, the first step counts as ready, without, the last.
        every: Option<Duration>,
    },
    /// Writes a file and reads it.
    Filereader {
        /// Bytes.
        size: u64,
    },
    /// Answers every connection with a text.
    TcpServer {
        /// The port, on every IPv4 address, where no listening socket is given.
        port: u16,
        /// The text.
        says: String,
    },
}

/// What a workload says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// It does now what it is there for: computes, has touched its memory, listens.
    Ready,
    /// It has taken so many bytes in all, and touched every page of them.
    Taken(u64),
}

fn bytes(key: &str, value: &Val) -> Result<u64, String> {
    match value.number() {
        Some(n) if n >= 1.0 && n <= WORKLOAD_BYTES as f64 => Ok(n as u64),
        _ => Err(format!("{key}: {value} is not between 1 byte and {} MiB", WORKLOAD_BYTES >> 20)),
    }
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
            Work::Busyloop(w) if w.cpus == Some(0) => return Err("cpus: 0 is no CPU at all".to_owned()),
            Work::Busyloop(w) => Spec::Busyloop { threads: w.threads, cpus: w.cpus },
            Work::Memhog(w) => {
                let take = bytes("take", &w.take)?;
                let step = w.step.as_ref().map_or(Ok(take), |s| bytes("step", s))?;
                let time = |v: &Val| v.duration().ok_or_else(|| format!("every: {v} is not a time"));
                Spec::Memhog { take, step: step.min(take), every: w.every.as_ref().map(time).transpose()? }
            }
            Work::Filereader(w) => Spec::Filereader { size: bytes("size", &w.size)? },
            Work::TcpServer(w) => Spec::TcpServer { port: w.port, says: w.says.clone() },
        })
    }
}
