//! What every reporter is, and what it must know.

use crate::events::{Event, LessonRecord};
use crate::lesson::file::LessonFile;
use jiff::Timestamp;
use serde::Serialize;

/// The columns of a report where the width of the terminal is unknown.
pub const WIDTH: usize = 100;

/// Turns a run into bytes, while it goes on and at its end.
pub trait Reporter {
    /// The bytes to write for this event, often none.
    fn event(&mut self, event: &Event) -> Vec<u8>;
    /// The bytes to write at the end of the run. Records of lessons that no event closed are reported here.
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

/// The machine and program of the run; reports for programs begin with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Version of isolab.
    pub isolab: String,
    /// Kernel release, as `uname -r` prints it.
    pub kernel: String,
    /// Cgroup version: `v1`, `v2` or `hybrid`.
    pub cgroup: String,
    /// `root` or `rootless`.
    pub rights: String,
}

/// What a reporter must know besides the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal ([`WIDTH`] unless known).
    pub width: usize,
    /// The machine and program of the run.
    pub header: Header,
    /// What else a grader asks of a run.
    pub run: RunInfo,
}

/// Who ran what, where and when; reports for programs say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInfo {
    /// Machine type, as `uname -m` prints it.
    pub architecture: String,
    /// Effective user id.
    pub uid: u32,
    /// When the run began.
    pub started: Timestamp,
    /// When the run ended; none while it goes on.
    pub ended: Option<Timestamp>,
    /// The files of the lessons.
    pub files: Vec<LessonFile>,
}

/// [`RunInfo`] without the files, as a document has it.
#[derive(Serialize)]
pub(super) struct RunView<'a> {
    architecture: &'a str,
    uid: u32,
    started: String,
    ended: String,
}

impl RunInfo {
    /// Its keys in a document, which is written at the end of the run.
    pub(super) fn view(&self) -> RunView<'_> {
        let rfc3339 = |time: Timestamp| format!("{time:.3}");
        RunView {
            architecture: &self.architecture,
            uid: self.uid,
            started: rfc3339(self.started),
            ended: rfc3339(self.ended.unwrap_or_else(Timestamp::now)),
        }
    }
}
