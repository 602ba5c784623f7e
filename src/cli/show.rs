//! `isolab show LESSON`.

use super::args::{Global, Show};
use super::console::print;
use super::machine::machine;
use super::{lessons, style};
use crate::report::lesson_text::{Context, show};

/// Prints a lesson as it would run here. Touches nothing.
pub fn run(global: &Global, asked: &Show) -> u8 {
    let shown = (|| {
        let catalog = lessons::catalog(global.lessons.as_deref())?;
        let loaded =
            lessons::load(&catalog, std::slice::from_ref(&asked.lesson), asked.seed.as_ref(), &asked.set)?;
        let machine = machine()?;
        Ok(loaded
            .iter()
            .map(|lesson| {
                let context = Context {
                    width: style::columns(false),
                    variant: machine.variant(),
                    answers: asked.answers,
                    notes: asked.notes,
                    unmet: &|need| machine.meets(need).err().map(|b| b.reason),
                };
                show(lesson, &context)
            })
            .collect::<String>())
    })();
    match shown {
        Ok(text) => print(&text),
        Err(code) => code,
    }
}
