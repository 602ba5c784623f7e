//! isolab takes a Linux container apart, one kernel mechanism at a time.

pub mod actor;
pub mod calls;
pub mod cli;
pub mod demo;
pub mod engine;
pub mod events;
pub mod files;
pub mod grading;
pub mod kernel;
pub mod lesson;
pub mod model;
pub mod plain;
pub mod present;
pub mod probe;
pub mod progress;
pub mod report;
pub mod tui;
pub mod vocabulary;
pub mod workload;
