//! Drawings: what people would rather look at than read. Each is made from a step's record and nothing else.
//!
//! This is the list: a drawing has a file here with all that it does, and a line in [`DRAWINGS`]. What a drawing shows is a [`Subject`], and
//! [`subject::subject`] says for each reader which one it tells about.

mod cgroups;
pub mod everybody;
mod frame;
pub mod frames;
pub mod input;
pub mod layers;
mod mark;
mod mounts;
pub mod names;
mod namespaces;
pub mod nest;
mod net;
mod processes;
#[cfg(test)]
mod samples;
pub mod subject;
mod users;

use super::theme::Theme;
pub use input::{Picture, PictureInput};
use ratatui::text::Line;
use subject::Subject;

/// A kind of drawing.
struct Drawing {
    subject: Subject,
    /// See [`Picture::name`].
    name: &'static str,
    /// See [`Picture::tells`].
    tells: fn(&PictureInput) -> Vec<String>,
    /// Draws in this many columns, and in this many rows where it can choose; nothing where the record does not have what it takes.
    draw: fn(&PictureInput, u16, u16, Theme) -> Option<Vec<Line<'static>>>,
}

/// What is drawn is less than what was read: every readout says more.
fn nothing_whole(_: &PictureInput) -> Vec<String> {
    Vec::new()
}

/// All of them. Where a step is about several subjects to the same extent, the first one is drawn.
const DRAWINGS: &[Drawing] = &[
    Drawing { subject: Subject::Layers, name: "layers", tells: layers::tells, draw: layers::draw },
    Drawing { subject: Subject::Cgroups, name: "cgroups", tells: nothing_whole, draw: cgroups::draw },
    Drawing { subject: Subject::Network, name: "networks", tells: nothing_whole, draw: net::draw },
    Drawing { subject: Subject::Mounts, name: "mounts", tells: nothing_whole, draw: mounts::draw },
    Drawing { subject: Subject::Users, name: "ids", tells: nothing_whole, draw: users::draw },
    Drawing { subject: Subject::Processes, name: "processes", tells: nothing_whole, draw: processes::draw },
    Drawing {
        subject: Subject::Namespaces,
        name: "namespaces",
        tells: nothing_whole,
        draw: namespaces::draw,
    },
];

/// The drawing of a step, if there is one for what it is about and what was read is enough for it.
pub fn picture(input: &PictureInput, width: u16, height: u16, theme: Theme) -> Option<Picture> {
    // The namespaces may be those of another step, as long as nothing has been read for this one.
    if input.readouts.is_empty() {
        return None;
    }
    let known: Vec<Subject> = DRAWINGS.iter().map(|drawing| drawing.subject).collect();
    subject::subjects(input, &known).into_iter().find_map(|subject| {
        let drawing = DRAWINGS.iter().find(|drawing| drawing.subject == subject)?;
        let lines = (drawing.draw)(input, width, height, theme)?;
        Some(Picture { name: drawing.name, tells: (drawing.tells)(input), lines })
    })
}
