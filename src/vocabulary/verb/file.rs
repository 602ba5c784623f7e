//! Files and directories.

use super::super::spelling::quoted;
use super::super::{Many, One};
use super::define::{Define, verb};
use super::says::{ByHand, Facts, FilePart, Locator, Maker, Mention, Mentions, PathUse, Touch};
use indexmap::IndexMap;

verb! {
    Mkdir(Many<String>), "`[PATH, PATH]`", "`mkdir(2)`"
}
verb! {
    Write(IndexMap<String, String>), "`{ PATH: \"text\\n\" }`", "makes or empties files and writes"
}
verb! {
    Append(IndexMap<String, String>), "`{ PATH: \"text\\n\" }`", "opens for appending and writes"
}
verb! {
    Remove(String), "`PATH`", "removes a file, or a directory with everything in it"
}
verb! {
    Rename(One<String>), "`{ FROM: TO }`", "`rename(2)`"
}
verb! {
    Symlink(One<String>), "`{ PATH: TARGET }`", "`symlink(2)`: makes a symbolic link at PATH. TARGET is text; nothing needs to be there"
}
verb! {
    Copy(One<String>), "`{ FROM: TO }`", "copies a file, or a directory with everything in it, with modes and symbolic links as they are; TO must not exist. Both are in the workspace or on the box's own mounts. A box copies at most 16 MiB and 2000 files, 32 directories deep, and no devices, sockets or FIFOs"
}
verb! {
    Open(String), "`PATH`", "opens for reading and closes: whether it may is the point"
}

/// A verb that changes files.
pub(super) fn on_files<'a>(mentions: Mentions<'a>, touches: Vec<Touch<'a>>) -> Facts<'a> {
    Facts {
        mentions,
        effects: vec![],
        touches,
        abilities: vec![],
        by_hand: ByHand::Shell,
        maker: Maker::Executor,
        memory: None,
    }
}

/// The path in the key of a pair, which is changed.
pub(super) fn changed_key(path: &str) -> (Locator, Mention<'_>) {
    (Locator::object().key(0), Mention::Path(path, PathUse::Change))
}

/// Texts for files.
fn on_texts(files: &IndexMap<String, String>) -> Facts<'_> {
    let mut mentions: Mentions = files
        .keys()
        .enumerate()
        .map(|(i, path)| (Locator::object().key(i), Mention::Path(path, PathUse::Change)))
        .collect();
    if files.is_empty() {
        mentions.push((Locator::object(), Mention::wrong("no files", "write `{ stage/file: \"text\\n\" }`")));
    }
    on_files(mentions, files.keys().map(|path| Touch::File(path, FilePart::Content)).collect())
}

impl Define for Mkdir {
    fn plan(&self) -> String {
        format!("mkdir {}", self.0.0.join(", "))
    }

    fn facts(&self) -> Facts<'_> {
        let paths = &self.0.0;
        let mut mentions: Mentions = paths
            .iter()
            .enumerate()
            .map(|(i, path)| (Locator::object().item(i), Mention::Path(path, PathUse::MakeDirectory)))
            .collect();
        if paths.is_empty() {
            mentions.push((Locator::object(), Mention::wrong("no directories", "write `mkdir: [stage]`")));
        }
        on_files(mentions, paths.iter().map(|path| Touch::File(path, FilePart::Name)).collect())
    }
}

impl Define for Write {
    fn plan(&self) -> String {
        let part = |(path, text): (&String, &String)| match text.as_str() {
            "" => format!("make {path} empty"),
            text => format!("write {} to {path}", quoted(text)),
        };
        self.0.iter().map(part).collect::<Vec<_>>().join("; ")
    }

    fn facts(&self) -> Facts<'_> {
        on_texts(&self.0)
    }
}

impl Define for Append {
    fn plan(&self) -> String {
        let part = |(path, text): (&String, &String)| format!("append {} to {path}", quoted(text));
        self.0.iter().map(part).collect::<Vec<_>>().join("; ")
    }

    fn facts(&self) -> Facts<'_> {
        on_texts(&self.0)
    }
}

impl Define for Remove {
    fn plan(&self) -> String {
        format!("remove {}", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        let mentions = vec![(Locator::object(), Mention::Path(&self.0, PathUse::Change))];
        on_files(mentions, vec![Touch::File(&self.0, FilePart::Name), Touch::Tree(&self.0)])
    }
}

impl Define for Rename {
    fn plan(&self) -> String {
        format!("rename({}, {})", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        let One(from, to) = &self.0;
        let mentions =
            vec![changed_key(from), (Locator::object().value(0), Mention::Path(to, PathUse::Change))];
        on_files(mentions, [from, to].map(|path| Touch::File(path, FilePart::Name)).to_vec())
    }
}

impl Define for Symlink {
    fn plan(&self) -> String {
        format!("symlink({}, {})", self.0.1, self.0.0)
    }

    fn facts(&self) -> Facts<'_> {
        let One(path, target) = &self.0;
        let mut mentions = vec![changed_key(path)];
        if target.is_empty() {
            let wrong = Mention::refused("a link to nothing", "name its target: `symlink: { PATH: TARGET }`");
            mentions.push((Locator::object().value(0), wrong));
        }
        on_files(mentions, vec![Touch::File(path, FilePart::Name)])
    }
}

impl Define for Copy {
    fn plan(&self) -> String {
        format!("copy {} to {}", self.0.0, self.0.1)
    }

    fn facts(&self) -> Facts<'_> {
        let One(from, to) = &self.0;
        let mentions = vec![
            (Locator::object().key(0), Mention::Path(from, PathUse::Copy)),
            (Locator::object().value(0), Mention::Path(to, PathUse::Change)),
        ];
        on_files(mentions, vec![Touch::Source(from), Touch::File(to, FilePart::Name)])
    }
}

impl Define for Open {
    fn plan(&self) -> String {
        format!("open({}, O_RDONLY)", self.0)
    }

    fn facts(&self) -> Facts<'_> {
        on_files(vec![(Locator::object(), Mention::Path(&self.0, PathUse::Visit))], vec![Touch::Reads])
    }
}
