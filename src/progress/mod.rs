//! A person's progress, kept in a file of the person's own.

pub mod file;
pub mod receipts;
mod record;
mod review;
pub mod state_file;
pub mod store;

pub use record::{Done, FORMAT, LessonProgress, Prediction, Progress, Review, StepTimes, now};
pub use state_file::Surroundings;
pub use store::Store;
