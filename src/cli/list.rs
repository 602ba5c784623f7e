//! `isolab list`.

use super::args::Global;
use super::console::print;
use super::machine::machine;
use super::{exit, lessons, style};
use crate::events::Readiness;
use crate::report::list::{ListRow, list};
use crate::vocabulary::Lesson;

/// Lists the lessons and says which of them run here.
pub fn run(global: &Global) -> u8 {
    let rows = (|| {
        let catalog = lessons::catalog(global.lessons.as_deref())?;
        let (loaded, faulty): (Vec<_>, Vec<_>) = catalog.heads().into_iter().partition(Result::is_ok);
        let loaded: Vec<Lesson> = loaded.into_iter().flatten().collect();
        if !faulty.is_empty() {
            faulty.into_iter().filter_map(Result::err).for_each(|found| lessons::complain(&found));
            return Err(exit::USAGE);
        }
        let machine = machine()?;
        machine.try_ahead(&loaded, false);
        let readiness = machine.readiness(&loaded.iter().collect::<Vec<_>>());
        Ok(loaded.iter().zip(readiness).map(|(l, readiness)| row(l, readiness)).collect::<Vec<_>>())
    })();
    match rows {
        Ok(rows) => print(&list(&rows, style::columns(false))),
        Err(code) => code,
    }
}

fn row(lesson: &Lesson, readiness: Readiness) -> ListRow {
    ListRow { id: lesson.id.clone(), title: lesson.title.clone(), minutes: lesson.minutes, readiness }
}
