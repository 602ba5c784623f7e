//! Turns events into bytes: text, JSON, JUnit, TAP. The callers write them out; nothing here reads the kernel.

// A report is built once from small pieces; `let _ = write!(…)` in their place would say less and save nothing.
#![allow(clippy::format_push_string, clippy::format_collect)]

pub mod brief;
pub mod class;
pub mod delimited;
pub mod doctor;
pub mod fingerprint;
pub mod grade;
pub mod handout;
pub mod html;
pub mod json;
pub mod junit;
pub mod lesson_text;
pub mod list;
pub mod markdown;
mod markup;
pub mod paint;
pub mod points;
pub mod progress;
pub mod prose;
pub mod record;
pub mod rehearsal;
mod reporter;
pub mod review;
pub mod schema;
pub mod script_notes;
pub mod status;
pub mod table;
pub mod tap;
pub mod text;
pub mod transcript;
pub mod verify;
mod worksheet;

pub use reporter::{Format, Header, Options, Reporter, RunInfo, WIDTH};

/// A reporter of this format.
pub fn reporter(format: Format, options: Options) -> Box<dyn Reporter> {
    match format {
        Format::Text => Box::new(text::Text::new(options.width)),
        Format::Json => Box::new(json::Json::new(options.header, options.run)),
        Format::Junit => Box::new(junit::Junit::new(options.header)),
        Format::Tap => Box::new(tap::Tap::new(options.header)),
    }
}
