//! Grades as bytes: for people, for programs, and in the formats of other graders.

pub mod can;
mod csv;
mod formats;
mod json;
mod junit;
pub mod sentence;
mod tap;
pub mod text;

use super::reporter::{Header, RunInfo};
use crate::grading::LessonGrade;
use crate::grading::score::{Overall, overall};

/// Version of the shape of `--format json`. A key that is added does not change it; one that goes or changes its meaning does.
pub const FORMAT: u32 = 1;

/// The JSON Schema of `--format json`.
pub const SCHEMA: &str = include_str!("schema.json");

/// The kinds of reports of a grading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum GradeFormat {
    /// For people; streams
    #[default]
    Text,
    /// One document with every step and verdict
    Json,
    /// JUnit XML, as CI servers read it
    Junit,
    /// Test Anything Protocol, version 13
    Tap,
    /// A row a step, for spreadsheets
    Csv,
    /// results.json, as Gradescope's autograders write it
    Gradescope,
    /// A runner's result for GitHub Classroom's autograding reporter, in base64
    GithubClassroom,
    /// A JSON object from step to points, for nbgrader and scripts
    Scores,
}

/// A grading that is over.
#[derive(Debug)]
pub struct Graded<'g> {
    /// The lessons, in order.
    pub lessons: &'g [LessonGrade],
    /// Somebody has ended it.
    pub interrupted: bool,
    /// Whose answers they are, if that was said.
    pub who: Option<&'g str>,
    /// The machine and the program.
    pub header: &'g Header,
    /// What else is said of a run.
    pub run: &'g RunInfo,
    /// Columns for the text.
    pub columns: usize,
}

impl Graded<'_> {
    /// The grading in one word.
    pub fn overall(&self) -> Overall {
        overall(self.lessons, self.interrupted)
    }

    /// The whole report.
    pub fn render(&self, format: GradeFormat) -> String {
        match format {
            GradeFormat::Text => text::whole(self),
            GradeFormat::Json => json::document(self),
            GradeFormat::Junit => junit::document(self),
            GradeFormat::Tap => tap::document(self),
            GradeFormat::Csv => csv::table(self),
            GradeFormat::Gradescope => formats::gradescope(self),
            GradeFormat::GithubClassroom => formats::github_classroom(self),
            GradeFormat::Scores => formats::scores(self),
        }
    }
}
