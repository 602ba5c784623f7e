//! Grading: what a student wrote for each step is typed into the step's shell, without a screen, and the step's own expectations are judged on what
//! the kernel says then. Nothing here acts on the kernel or reads it for a verdict: that is the engine's.

pub mod answers;
mod attempt;
pub mod drive;
mod engine;
mod load;
pub mod score;
mod terminal;

pub use answers::{Answer, Answers};
pub use drive::{Options, Told, drive};
pub use engine::{Engine, Over};
pub use score::{LessonGrade, Obstacle, Outcome, Points, Shortfall, StepGrade};
