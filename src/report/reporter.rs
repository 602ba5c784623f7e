//! What every reporter is, and what it must know.

use crate::events::{Event, LessonRecord};
use serde::Serialize;

/// The columns of a report when nobody knows better.
pub const WIDTH: usize = 100;

/// Turns a run into bytes, as it goes on and at its end.
pub trait Reporter {
    /// What is to be written for this event, often nothing.
    fn event(&mut self, event: &Event) -> Vec<u8>;
    /// What is to be written at the end of the run. Records of lessons that no event closed are reported here.
    fn finish(&mut self, records: &[LessonRecord]) -> Vec<u8>;
}

/// The kinds of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people; streams
    #[default]
    Text,
    /// One document with every record
    Json,
    /// JUnit XML, as CI servers read it
    Junit,
    /// Test Anything Protocol, version 13
    Tap,
}

/// On what the run was made; stands at the head of the reports that machines read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Version of isolab.
    pub isolab: String,
    /// Kernel release, as `uname -r` has it.
    pub kernel: String,
    /// Cgroup version: `v1`, `v2` or `hybrid`.
    pub cgroup: String,
    /// `root` or `rootless`.
    pub rights: String,
}

/// What a reporter must know beside the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal ([`WIDTH`] unless known).
    pub width: usize,
    /// On what the run is made.
    pub header: Header,
}
