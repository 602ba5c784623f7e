//! What a lesson means: whether everything that it names exists, in time, and whether its steps can fail.
//!
//! Every check walks the typed lesson and the tree that it was made of side by side, so that each mistake stands at its place.

mod act;
mod caps;
pub(super) mod check;
mod declared;
mod depth;
mod expect;
mod ids;
mod length;
mod object;
mod order;
mod outside;
mod path;
pub(super) mod prose;
mod read;
mod used;
mod world;

use super::diagnostic::Mistake;
use super::draft::Draft;
use super::position::Node;
use check::Check;
use std::path::Path;

pub(crate) use outside::{id, made_in, said_of, wording};

/// Everything that is wrong with a lesson whose shapes fit.
pub(super) fn all(draft: &Draft, text: &str) -> Vec<Mistake> {
    let mut check = Check::new(draft, text);
    ids::check(&mut check);
    prose::check(&mut check);
    declared::check(&mut check);
    caps::check(&mut check);
    depth::check(&mut check);
    read::check(&mut check);
    act::check(&mut check);
    length::check(&mut check);
    expect::check(&mut check);
    order::check(&mut check);
    used::check(&mut check);
    check.mistakes
}

/// The id of a lesson or script is its file's name.
pub(crate) fn file_name(file: &str, tree: &Node, id: &str) -> Option<Mistake> {
    let stem = Path::new(file).file_name()?.to_str()?.strip_suffix(".yaml")?;
    let node = tree.get("id")?;
    (!id.is_empty() && stem != id).then(|| {
        Mistake::new(node.span, format!("the id `{id}` is not the file's name"))
            .help(format!("write `id: {stem}`, or rename the file to `{id}.yaml`"))
    })
}
