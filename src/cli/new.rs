//! `isolab new`: writes a lesson or a demo script to begin with.

use super::args::{Global, New, Sort};
use super::console::{complain, print};
use super::{exit, lessons};
use crate::demo::{library, script};
use crate::files::{self, cause};
use crate::lesson::position::Span;
use crate::lesson::{self, Catalog, validate};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const LESSON: &str = include_str!("skeleton/lesson.yaml");
const DEMO: &str = include_str!("skeleton/demo.yaml");

/// Writes the file, unless there is one.
pub fn run(global: &Global, asked: &New) -> u8 {
    let path = place(global.lessons.as_deref(), &asked.name);
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let text = text(asked.sort, &id);
    if let Some(why) = wrong(asked.sort, &id, &path, &text) {
        complain(&why);
        return exit::USAGE;
    }
    match write(&path, text.as_bytes()) {
        Ok(()) => print(&said(asked.sort, &path)),
        Err(e) => {
            let next = match e.kind() {
                io::ErrorKind::AlreadyExists => "; it is left as it is: choose another name",
                io::ErrorKind::NotFound => "; make the directory first",
                _ => "",
            };
            complain(&format!("create {}: {}{next}", path.display(), cause(&e)));
            exit::USAGE
        }
    }
}

/// A word with a slash, or that ends in `.yaml`, is a path; any other word is an id, in the directory of `--lessons` or in this one.
fn place(directory: Option<&Path>, name: &str) -> PathBuf {
    let named = Path::new(name).extension().is_some_and(|e| e == "yaml");
    let file = if named { name.to_owned() } else { format!("{name}.yaml") };
    match directory {
        Some(directory) if !lessons::is_file(name) => directory.join(file),
        _ => PathBuf::from(file),
    }
}

/// Why the id cannot be used: it is none, or something that comes with the program has it.
fn wrong(sort: Sort, id: &str, path: &Path, text: &str) -> Option<String> {
    if let Some(mistake) = validate::id(id, Span { start: 0, end: 1 }) {
        return Some(told(mistake.message, mistake.help));
    }
    let taken = match sort {
        Sort::Lesson => Catalog::built_in().find(id).is_ok(),
        Sort::Demo => library::BUILT_IN.iter().any(|(known, _)| *known == id),
    };
    if taken {
        return Some(format!("`{id}` comes with isolab: choose another name"));
    }
    let name = path.to_string_lossy();
    let found = match sort {
        Sort::Lesson => lesson::load(&name, text, &BTreeMap::new()).err(),
        Sort::Demo => script::load::load(&name, text, &Catalog::built_in()).err(),
    };
    found?.into_iter().next().map(|d| told(d.message, d.help))
}

fn told(message: String, help: Option<String>) -> String {
    message + &help.map_or_else(String::new, |help| format!(": {help}"))
}

fn text(sort: Sort, id: &str) -> String {
    match sort {
        Sort::Lesson => LESSON.replacen("id: new-lesson", &format!("id: {id}"), 1),
        Sort::Demo => DEMO.replacen("id: new-demo", &format!("id: {id}"), 1),
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    files::create_new(path)?.write_all(text)
}

fn said(sort: Sort, path: &Path) -> String {
    let file = path.display();
    let lines = match sort {
        Sort::Lesson => [
            format!("isolab lint --watch {file}"),
            "finds mistakes, and runs the step that you are at, at each save".to_owned(),
            format!("isolab learn {file}"),
            "walks through it as a student does".to_owned(),
        ],
        Sort::Demo => [
            format!("isolab lint --watch {file}"),
            "finds mistakes at each save".to_owned(),
            format!("isolab demo {file} --rehearse"),
            "what would fail here, and how long it takes".to_owned(),
        ],
    };
    let width = lines.iter().step_by(2).map(|line| line.chars().count()).max().unwrap_or(0);
    let pairs = lines.chunks(2).map(|pair| format!("  {:width$}   {}\n", pair[0], pair[1]));
    format!("wrote {file}\n{}", pairs.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_id_or_a_path() {
        let own = Some(Path::new("own"));
        assert_eq!(place(None, "quiet"), Path::new("quiet.yaml"));
        assert_eq!(place(own, "quiet"), Path::new("own/quiet.yaml"));
        assert_eq!(place(own, "here/quiet"), Path::new("here/quiet.yaml"));
        assert_eq!(place(own, "quiet.yaml"), Path::new("quiet.yaml"));
    }

    #[test]
    fn what_is_written_is_what_it_is_called() {
        for sort in [Sort::Lesson, Sort::Demo] {
            assert!(text(sort, "quiet").contains("\nid: quiet  "));
        }
        let wrong = |sort, id: &str| wrong(sort, id, &place(None, id), &text(sort, id));
        assert_eq!((wrong(Sort::Lesson, "quiet"), wrong(Sort::Demo, "uts")), (None, None));
        for id in ["uts", "Quiet One", "", "host", "a: b"] {
            assert!(wrong(Sort::Lesson, id).is_some(), "{id}");
        }
    }
}
