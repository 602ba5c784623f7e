//! Grades as bytes: for people, for programs, and in the formats of other graders.

pub mod can;
mod csv;
mod formats;
mod graded;
mod json;
mod junit;
pub mod sentence;
mod tap;
pub mod text;

pub use graded::Graded;

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

/// The whole report.
pub fn render(graded: &Graded, format: GradeFormat) -> String {
    match format {
        GradeFormat::Text => text::whole(graded),
        GradeFormat::Json => json::document(graded),
        GradeFormat::Junit => junit::document(graded),
        GradeFormat::Tap => tap::document(graded),
        GradeFormat::Csv => csv::table(graded),
        GradeFormat::Gradescope => formats::gradescope(graded),
        GradeFormat::GithubClassroom => formats::github_classroom(graded),
        GradeFormat::Scores => formats::scores(graded),
    }
}
