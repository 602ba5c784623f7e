//! `isolab render`.

use super::args::{Global, Handout, Render};
use super::{check, complain, exit, lessons, machine, print, swept};
use crate::engine::{self, Options};
use crate::report::markdown::{Context, handout};
use crate::report::status;
use std::sync::atomic::Ordering;

/// Runs a lesson without a screen and writes a handout of it. The exit code is that of `isolab check`.
pub fn run(global: &Global, asked: &Render) -> u8 {
    let Handout::Markdown = asked.format;
    let prepared = (|| {
        let catalog = lessons::catalog(global.lessons.as_deref())?;
        let loaded = lessons::load(&catalog, std::slice::from_ref(&asked.lesson), &asked.set)?;
        Ok((loaded, machine()?, check::interruptible()?))
    })();
    let (loaded, machine, cancel) = match prepared {
        Ok(prepared) => prepared,
        Err(code) => return code,
    };
    for line in swept::sweep() {
        complain(&line);
    }
    let header = check::header(&machine);
    let (mut text, mut records) = (String::new(), Vec::new());
    for lesson in &loaded {
        let record = engine::run(lesson, &machine, &Options::default(), &cancel, &mut |_| {});
        let context = Context {
            header: &header,
            version: machine.version(),
            rootless: machine.rootless(),
            fill: &|name| match name.strip_prefix('$') {
                Some(param) => lesson.params.get(param).map(|p| p.value().to_string()),
                None => machine.knob_name(name),
            },
        };
        text += &handout(lesson, &record, &context);
        records.push(record);
    }
    let code = exit::code(status::overall(&records, cancel.load(Ordering::Relaxed)), false);
    let written = match &asked.output {
        None => print(&text),
        Some(path) => match std::fs::write(path, &text) {
            Ok(()) => exit::PASSED,
            Err(e) => {
                complain(&format!("write {}: {e}", path.display()));
                exit::USAGE
            }
        },
    };
    if written == exit::PASSED { code } else { written }
}
