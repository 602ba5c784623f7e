//! Grading: what a student wrote for each step is typed into the step's shell, without a screen, and the step's own expectations are judged on what
//! the kernel says then. Nothing here acts on the kernel or reads it for a verdict: that is the engine's.

pub mod again;
pub mod answers;
mod attempt;
pub mod class;
pub mod drive;
mod engine;
mod load;
pub mod receipt;
pub mod score;
mod terminal;
pub mod tools;
pub mod tried;
pub mod typed;
pub mod verify;

pub use answers::{Answer, Answers, of_which_box};
pub use drive::{Options, Told, drive};
pub use engine::Over;
pub use score::{LessonGrade, Obstacle, Outcome, Points, Shortfall, StepGrade};
pub use terminal::keys;
