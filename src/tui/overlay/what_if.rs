//! Other values for the lesson's parameters: the step runs again with them.

use super::layer::{After, Layer};
use super::state::WhatIf;
use crate::events::Command;
use crate::lesson::param as by_param;
use crate::model::Unit;
use crate::present::plain::{escape, fold};
use crate::tui::app::App;
use crate::tui::key::{Action as A, Binding, Context as C, ENTER, ESC, bind, ctrl, k};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::moved;
use crate::tui::screen::demo::player::Phase;
use crate::tui::screen::step;
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, middle, title};
use crate::tui::view::styled::fold_text;
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::param::Allowed;
use crate::vocabulary::{Param, Val};
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::WhatIf, &[ENTER], A::Enter, "run with it", Some(0)),
    bind(C::WhatIf, &[ESC], A::Leave, "back", Some(1)),
    bind(C::WhatIf, &[k(KeyCode::Left)], A::Less, "less", Some(2)),
    bind(C::WhatIf, &[k(KeyCode::Right)], A::More, "more", Some(3)),
    bind(C::WhatIf, &[k(KeyCode::Up)], A::UP, "up", None),
    bind(C::WhatIf, &[k(KeyCode::Down), k(KeyCode::Tab)], A::DOWN, "down", None),
    bind(C::WhatIf, &[k(KeyCode::Backspace)], A::Erase, "erase", None),
    bind(C::WhatIf, &[ctrl('u')], A::EraseAll, "erase all", None),
    bind(C::WhatIf, &[ctrl('c')], A::Quit, "quit", None),
];

/// No value is longer: in characters.
const LONGEST_VALUE: usize = 16;

impl Layer for WhatIf {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        let Some(walk) = &app.walk else { return (After::Close, Vec::new()) };
        match action {
            Action::Enter => return run_with(app, self),
            Action::Erase | Action::EraseAll => {
                (self.complaint, self.typed) = (None, true);
                if let Some((_, value)) = self.values.get_mut(self.cursor) {
                    if action == Action::Erase {
                        value.pop();
                    } else {
                        value.clear();
                    }
                }
            }
            Action::Less | Action::More => {
                self.complaint = None;
                if let Some((name, value)) = self.values.get_mut(self.cursor)
                    && let Some(param) = walk.lesson.params.get(name)
                {
                    *value = stepped(param, value, action == Action::More);
                }
            }
            Action::Move(by) => {
                self.cursor = moved(self.cursor, self.values.len(), by);
                self.typed = false;
            }
            Action::Leave => return (After::Close, Vec::new()),
            _ => {}
        }
        (After::Stay, Vec::new())
    }

    fn typed(&mut self, c: char) {
        let Some((_, value)) = self.values.get_mut(self.cursor) else { return };
        self.complaint = None;
        if !std::mem::replace(&mut self.typed, true) {
            value.clear();
        }
        if value.len() < LONGEST_VALUE {
            value.push(c);
        }
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let Some(walk) = &app.walk else { return };
        let theme = app.theme;
        let columns = usize::from(area.width.saturating_sub(10)).min(70);
        let mut lines = Vec::new();
        for (i, (name, value)) in self.values.iter().enumerate() {
            let Some(param) = walk.lesson.params.get(name) else { continue };
            lines.extend(fold(&escape(&param.ask), columns).into_iter().map(Line::raw));
            let mark = if i == self.cursor { "▸ " } else { "  " };
            lines.push(Line::from(vec![
                Span::raw(format!("{mark}{name} = ")),
                Span::styled(format!("{}▏", escape(value)), theme.style(Role::Accent)),
                Span::styled(
                    format!("   {}, now {}", param.allowed(), param.value()),
                    theme.style(Role::Dim),
                ),
            ]));
            lines.push(Line::default());
        }
        let text = "The step runs again with it, after the earlier ones; both results stay to be compared.";
        lines.extend(fold_text(text, Role::Dim, columns, theme));
        if let Some(complaint) = &self.complaint {
            for line in complaint.lines() {
                lines.extend(fold_text(line, Role::Bad, columns, theme));
            }
        }
        let place = middle(area, columns as u16 + 4, lines.len() as u16 + 2);
        Panel { title: title(theme, "what if"), focused: true, top: 0 }.draw(frame, theme, place, &lines);
    }
}

/// Runs the step again with other parameters; its record so far stays beside it.
fn run_with(app: &mut App, what_if: &mut WhatIf) -> (After, Vec<Effect>) {
    let now = app.now;
    let Some(walk) = &mut app.walk else { return (After::Close, Vec::new()) };
    let mut set = walk.set.clone();
    // As the default is written: `35` is `35%` where that is `20%`.
    let written = |(name, value): &(String, String)| {
        let fits = walk.lesson.params.get(name).map(|param| by_param::fitting(param, value));
        (name.clone(), fits.and_then(Result::ok).map_or_else(|| value.clone(), |fits| fits.to_string()))
    };
    set.extend(what_if.values.iter().map(written));
    set.retain(|name, value| walk.lesson.params.get(name).is_some_and(|p| p.initial().to_string() != *value));
    let Ok(lesson) = (app.environment.load)(&walk.lesson.id, &set).map(std::sync::Arc::new) else {
        what_if.complaint = Some(misfits(walk, what_if));
        return (After::Stay, Vec::new());
    };
    let before = walk.values();
    let index = walk.index;
    let (id, seed) = (lesson.id.clone(), lesson.seed.clone());
    let page = walk.page_mut();
    page.other = page.record.take().map(|record| (before, record));
    // Records of other steps that these values touch were made with other ones.
    let changed = |name: &String| walk.set.get(name) != set.get(name);
    for (i, page) in walk.pages.iter_mut().enumerate() {
        if i + 1 != index && walk.params[i].iter().any(changed) {
            (page.record, page.other) = (None, None);
        }
    }
    walk.lesson = lesson;
    walk.set.clone_from(&set);
    // What is prepared was prepared with the values before.
    walk.preparation = None;
    step::start(walk, index, now);
    if let Some(demo) = &mut app.demo {
        demo.opened = Some((id.clone(), set.clone()));
        (demo.cancelled, demo.refused) = (false, None);
        demo.turn(Phase::Running, 0, now);
    }
    (
        After::Close,
        vec![Effect::Ask(Command::Open { lesson: id, set, seed }), Effect::Ask(Command::Run(index))],
    )
}

/// Which values cannot be, in a sentence each.
fn misfits(walk: &Walkthrough, what_if: &WhatIf) -> String {
    let all =
        what_if.values.iter().filter_map(|(name, value)| Some((name, value, walk.lesson.params.get(name)?)));
    let wrong: Vec<String> = all
        .filter(|(_, value, param)| by_param::fitting(param, value).is_err())
        .map(|(name, value, p)| match p.allowed() {
            bounds @ Allowed::Range(..) => {
                format!("{name} cannot be `{value}`: as {} is written, {bounds}", p.default)
            }
            choices @ Allowed::Among(_) => format!("{name} cannot be `{value}`: {choices}"),
        })
        .collect();
    wrong.join("\n")
}

/// A value one notch further, within the bounds: a twentieth of the range, on a whole number of its unit.
fn stepped(param: &Param, text: &str, more: bool) -> String {
    let Allowed::Range(min, max) = param.allowed() else { return text.to_owned() };
    let (Some(min), Some(max)) = (min.number(), max.number()) else { return text.to_owned() };
    let now = Val::parse(text).ok().and_then(|v| v.number()).or(param.value().number()).unwrap_or(min);
    let (suffix, one) = match &param.default {
        Val::Quantity(_, Unit::Percent, _) => ("%", 1.0),
        Val::Quantity(_, Unit::Bytes, _) => ("M", 1_048_576.0),
        Val::Quantity(_, Unit::Seconds, _) => ("ms", 0.001),
        Val::Quantity(_, Unit::Times, _) => ("x", 1.0),
        _ => ("", 1.0),
    };
    let notch = ((max - min) / one / 20.0).ceil().max(1.0);
    let by = if more { notch } else { -notch };
    // On multiples of the notch, but never past a bound.
    let wanted = ((now / one / notch).round() * notch + by).clamp((min / one).ceil(), (max / one).floor());
    format!("{wanted:.0}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::param::Vary;

    #[test]
    fn notches_stay_within_the_bounds() {
        let val = |t: &str| Val::parse(t).expect(t);
        let param = |default: &str, min: &str, max: &str| Param {
            ask: String::new(),
            default: val(default),
            min: Some(val(min)),
            max: Some(val(max)),
            choices: Vec::new(),
            step: None,
            vary: Vary::No,
            seeded: None,
            set: None,
        };
        let percent = param("20%", "5%", "90%");
        assert_eq!(stepped(&percent, "20%", true), "25%");
        assert_eq!(stepped(&percent, "5%", false), "5%");
        assert_eq!(stepped(&percent, "90%", true), "90%");
        let bytes = param("20M", "12M", "48M");
        assert_eq!(stepped(&bytes, "20M", true), "22M");
        assert_eq!(stepped(&bytes, "nonsense", false), "18M");
    }
}
