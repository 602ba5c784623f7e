//! Values for control files.

use super::super::diagnostic::Mistake;
use super::super::position::{Node, Span};
use super::check::{Act, Check, field};
use super::declared::time;
use crate::vocabulary::Val;
use crate::vocabulary::control::{CgroupKnob, Takes};
use crate::vocabulary::verb::setting::Setting;

/// A value for a control file.
pub(super) fn set(
    check: &mut Check,
    act: &Act,
    of: &CgroupKnob,
    setting: &Setting,
    key: Span,
    object: &Node,
) {
    super::read::knob(check, of, key);
    let knob = &of.knob;
    let takes = knob.file.takes;
    if (knob.field.is_some() || takes == Takes::Nothing) && !act.may_fail() {
        check.tell(
            Mistake::new(key, format!("`{}` cannot be written", knob.file.name))
                .help("say which error it `fails` with"),
        );
        return;
    }
    if let (Some(period), Some(place)) = (&setting.period, object.get("period")) {
        if takes == Takes::Quota {
            time(check, period, place, true);
        } else {
            check.tell(Mistake::new(place.span, format!("`{}` has no period", knob.file.name)));
        }
    }
    if act.may_fail() {
        return;
    }
    let (value, node) = (&setting.value, field(object, "value"));
    if let Some(help) = takes.instead_of(value) {
        let message = format!("`{value}` is not a value of `{}`", knob.file.name);
        check.tell(Mistake::new(node.span, message).help(help));
    } else if let (Takes::Member, Val::Text(id)) = (takes, value) {
        check.is_process(id, node.span);
    }
}
