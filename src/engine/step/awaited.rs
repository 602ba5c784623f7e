//! Actions that must fail, in a step that a person does: the box has failed in front of the person, and a program of the person's is to fail
//! likewise.

use super::Run;
use crate::actor::client::Lost;
use crate::actor::trace::{ExpectedFailure, family};
use crate::events::{ActionEnd, ActionList, ActionRecord, Judged, JudgedAction, Status, Verdict};
use crate::model::{Call, Errno, Outcome, Source};
use crate::vocabulary::action::Failing;
use std::collections::BTreeSet;

/// An action that must fail.
pub(super) struct Awaited {
    /// That of the box; once a program of the person's has failed likewise, with that program's call.
    pub(super) record: ActionRecord,
    /// The error of the person's call.
    seen: Option<Errno>,
}

impl Awaited {
    /// What the guardian is to look out for.
    pub(super) fn failure(&self) -> Option<ExpectedFailure> {
        let wanted = &self.record.calls[self.record.declared_failure()?];
        Some(ExpectedFailure {
            calls: family(&wanted.name).into_iter().map(str::to_owned).collect(),
            errnos: self.record.declared.iter().copied().filter_map(super::errno).collect(),
        })
    }

    /// Takes a call of a person's program for this one, where it is the same kind of call, about files of the same names, and has one of the
    /// errors that the lesson declares.
    pub(super) fn take(&mut self, call: &Call) {
        let Outcome::Failed(errno) = call.outcome else { return };
        let Some(wanted) = self.record.declared_failure().map(|at| &self.record.calls[at]) else { return };
        let is_alike = family(&wanted.name).contains(&call.name.as_str())
            && file_names(wanted).is_subset(&file_names(call));
        if self.seen.is_none() && is_alike && self.record.declared.contains(&Failing::Errno(errno)) {
            self.seen = Some(errno);
            (self.record.calls, self.record.source) = (vec![call.clone()], Source::Kernel);
        }
    }

    /// Whether it has come true; `index` is that of its record in the step's.
    pub(super) fn verdict(&self, index: usize) -> Verdict {
        let (end, status) = match (self.seen, self.record.calls.first()) {
            (Some(errno), Some(call)) => {
                (ActionEnd::Failed { errno, what: format!("{}: {errno}", call.name) }, Status::Passed)
            }
            _ => (ActionEnd::Refused("no program of the shell has tried it yet".to_owned()), Status::Failed),
        };
        Verdict { judged: Judged::Action(JudgedAction::new(index, &self.record, end)), status }
    }
}

/// The last parts of the paths in a call's arguments. What is written to a file can be spelled in several ways, so there it is the file's name.
fn file_names(call: &Call) -> BTreeSet<&str> {
    if family(&call.name).contains(&"write") {
        let opened = call.args.first().and_then(|fd| fd.split_once('<')?.1.strip_suffix('>'));
        return opened.and_then(|path| path.rsplit('/').next()).into_iter().collect();
    }
    let texts = call.args.iter().filter(|arg| arg.starts_with('"'));
    texts.filter_map(|text| text.trim_matches('"').trim_end_matches('/').rsplit('/').next()).collect()
}

impl Run<'_, '_, '_> {
    /// Has the boxes make the step's actions, all of which fail and change nothing. Nothing where one of them does not fail as declared; that is in
    /// the record then.
    pub(super) fn fail(&mut self) -> Result<Option<Vec<Awaited>>, Lost> {
        let mut all = Vec::new();
        for (place, action, verb) in self.stage.machine.verbs(ActionList::Do, &self.step.actions) {
            let declared = self.declared(action).unwrap_or_default();
            let errnos: Vec<Errno> = declared.iter().copied().filter_map(super::errno).collect();
            let acted = self.stage.world.act(&action.subject, verb, Some(&errnos))?;
            if !acted.failed().is_some_and(|failed| declared.contains(&failed)) {
                self.note(acted, Some(&declared), place);
                return Ok(None);
            }
            let record = ActionRecord { place: Some(place), declared, ..acted.record };
            all.push(Awaited { record, seen: None });
        }
        Ok(Some(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Deed, LabDeed};

    fn call(name: &str, args: &[&str], errno: i32) -> Call {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Call { pid: 1, name: name.to_owned(), args, outcome: Outcome::Failed(Errno(errno)) }
    }

    fn awaited() -> Awaited {
        let box_call = call(
            "renameat2",
            &["AT_FDCWD", "\"merged/logs\"", "AT_FDCWD", "\"merged/archive\"", "0"],
            libc::EXDEV,
        );
        let record = ActionRecord {
            actor: "box".to_owned(),
            deed: Deed::Lab(LabDeed::EnterUserNamespace),
            place: None,
            calls: vec![box_call],
            source: Source::Box,
            preparation: false,
            declared: vec![Failing::Errno(Errno(libc::EXDEV))],
            output: None,
            at_ms: 0,
        };
        Awaited { record, seen: None }
    }

    #[test]
    fn what_is_written_may_be_spelled_in_another_way() {
        let write = |file: &str, text: &str| call("write", &[file, text, "13"], libc::EACCES);
        let mut it = awaited();
        it.record.calls = vec![write("5</proc/7/timens_offsets>", "\"boottime 60 0\"")];
        it.record.declared = vec![Failing::Errno(Errno(libc::EACCES))];
        it.take(&write("1</proc/8/uid_map>", "\"boottime 60 0\""));
        assert_eq!(it.verdict(0).status, Status::Failed);
        it.take(&write("1</proc/8/timens_offsets>", "\"boottime 60 0\\n\""));
        assert_eq!(it.verdict(0).status, Status::Passed);
    }

    #[test]
    fn only_the_same_failure_counts() {
        let others = [
            call("rename", &["\"logs\"", "\"archive\""], libc::EPERM),
            call("rename", &["\"logs\"", "\"elsewhere\""], libc::EXDEV),
            call("link", &["\"logs\"", "\"archive\""], libc::EXDEV),
        ];
        for other in others {
            let mut it = awaited();
            it.take(&other);
            assert_eq!(it.verdict(0).status, Status::Failed, "{other}");
        }
        let mut it = awaited();
        it.take(&call("rename", &["\"/a/merged/logs\"", "\"archive\""], libc::EXDEV));
        assert_eq!(it.verdict(0).status, Status::Passed);
        assert_eq!(it.record.calls[0].name, "rename");
    }
}
