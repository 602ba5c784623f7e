//! `isolab class`.

use super::args::{Class, ClassFormat};
use super::console::{complain, print};
use super::{exit, style};
use crate::files;
use crate::grading::class::{LessonResult, MOST_BYTES, Table, parse};
use crate::present::plain::{Colours, sieve};
use crate::report::{class, html};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most files that are read.
const MOST_FILES: usize = 10_000;

/// Puts what a class handed in into one table.
pub fn run(asked: &Class) -> u8 {
    let found = match found(&asked.directory) {
        Ok(found) => found,
        Err(e) => {
            complain(&format!("list {}: {}", asked.directory.display(), files::cause(&e)));
            return exit::USAGE;
        }
    };
    if found.len() > MOST_FILES {
        complain(&format!("{} has more than {MOST_FILES} files", asked.directory.display()));
        return exit::USAGE;
    }
    let mut table = Table::default();
    for file in &found {
        let name = file.strip_prefix(&asked.directory).unwrap_or(file).display().to_string();
        match read(file).and_then(|bytes| parse(&bytes)) {
            Ok(hand_in) => {
                let who =
                    hand_in.who.clone().unwrap_or_else(|| who(file, &asked.directory, &hand_in.lessons));
                table.put(who, &name, hand_in);
            }
            Err(why) => table.left_out.push((name, why)),
        }
    }
    write(&table, asked)
}

fn write(table: &Table, asked: &Class) -> u8 {
    let text = match asked.format {
        ClassFormat::Text => class::text(table, style::columns(asked.output.is_some())),
        ClassFormat::Csv => class::csv(table),
        ClassFormat::Markdown => class::markdown(table),
        ClassFormat::Html => html::page(&class::markdown(table)),
    };
    let written = match &asked.output {
        None => print(&text),
        Some(path) => match files::write(path, sieve(&text, Colours::None).as_bytes()) {
            Ok(()) => exit::PASSED,
            Err(e) => {
                complain(&format!("write {}: {}", path.display(), files::cause(&e)));
                exit::USAGE
            }
        },
    };
    if asked.format == ClassFormat::Csv {
        // A table for programs has no place for what is not in it.
        for (file, why) in &table.left_out {
            complain(&format!("left out: {file}: {why}"));
        }
    }
    if written == exit::PASSED && table.people.is_empty() {
        complain(&format!("there is nothing to count in {}", asked.directory.display()));
        return exit::USAGE;
    }
    written
}

/// The files of a directory, and of the directories in it. Hidden ones are nobody's.
fn found(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let hidden =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let mut all = Vec::new();
    for entry in files::list(directory)?.into_iter().filter(|path| !hidden(path)) {
        if files::is_directory(&entry) {
            // One that may not be read is named, as a file would be.
            match files::list(&entry) {
                Ok(within) => all.extend(within.into_iter().filter(|path| !hidden(path))),
                Err(_) => all.push(entry),
            }
        } else {
            all.push(entry);
        }
        if all.len() > MOST_FILES {
            break;
        }
    }
    Ok(all)
}

/// Whose a file is that does not say so: the directory's that it is in, or else what it is called, without the lesson.
fn who(file: &Path, directory: &Path, lessons: &[LessonResult]) -> String {
    let within = file.parent().filter(|parent| *parent != directory).and_then(Path::file_name);
    if let Some(name) = within {
        return name.to_string_lossy().into_owned();
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // As the lab calls its receipts: LESSON.HASH.json.
    let hash = |part: &str| part.len() == 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let stem = match stem.rsplit_once('.') {
        Some((rest, last)) if hash(last) => rest.to_owned(),
        _ => stem,
    };
    let [only] = lessons else { return stem };
    let short = stem.strip_suffix(&only.lesson).map(|rest| rest.trim_end_matches(['-', '_', '.', ' ']));
    short.filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(stem)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: std::io::Error| format!("read: {}", files::cause(&e));
    let file = files::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        Err(format!("larger than {} MiB", MOST_BYTES >> 20))
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_file_is() {
        let one = [LessonResult { lesson: "cgroup-cpu".into(), ..LessonResult::default() }];
        for (file, whose) in [
            ("d/ann.json", "ann"),
            ("d/ann-cgroup-cpu.json", "ann"),
            ("d/ann_17_cgroup-cpu.json", "ann_17"),
            ("d/cgroup-cpu.json", "cgroup-cpu"),
            ("d/ann-cgroup-cpu.12ab34cd.json", "ann"),
            ("d/ann/cgroup-cpu.json", "ann"),
        ] {
            assert_eq!(who(Path::new(file), Path::new("d"), &one), whose, "{file}");
        }
    }
}
