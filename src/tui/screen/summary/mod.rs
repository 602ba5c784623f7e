//! The end of a lesson.

pub mod keys;
pub mod state;

use super::step::text::{commands_block, heading};
use super::{home, step};
use crate::events::Status;
use crate::present::plain::{count, escape};
use crate::progress::LessonProgress;
use crate::tui::app::{App, Screen};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::{hidden, scrolled};
use crate::tui::overlay::state::{Outline, Overlay};
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, inside, title};
use crate::tui::view::{markdown, verdicts};
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::Step;
use crate::vocabulary::whole::Level;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// Commands of more lines than this are a script, and not something to remember.
const FEW_LINES: usize = 4;
/// What there is to do with all lessons, after the last one.
const AFTERWARDS: [&str; 4] = [
    "Look at a real container in the same way: start one, find its process with `lsns`, and read `/proc/PID/ns`, `/proc/PID/status`, `/proc/PID/mountinfo` and `/proc/PID/cgroup`.",
    "Build one by hand, from the commands of all lessons: `unshare` with every namespace, an overlay mount, `pivot_root`, a veth pair, a cgroup.",
    "In a few days, `isolab review` asks again what you guessed wrong.",
    "Explain it to somebody: `isolab demo` plays scripts to a room, and `isolab render LESSON` writes a handout.",
];

/// One of its keys.
pub fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Enter => {
            let open = app.walk.as_ref().map(|w| w.lesson.id.clone());
            let at = app.entries.iter().position(|e| Some(&e.id) == open.as_ref());
            match at.and_then(|at| app.entries.get(at + 1)).map(|e| e.id.clone()) {
                Some(next) => home::open(app, &next, None, BTreeMap::new()),
                None => step::leave(app),
            }
        }
        Action::Back => {
            app.screen = Screen::Step;
            Vec::new()
        }
        Action::Outline => {
            app.overlay = app.walk.as_ref().map(|w| Overlay::Outline(Outline { cursor: w.index - 1 }));
            Vec::new()
        }
        Action::Restart => step::restart(app),
        Action::Leave => step::leave(app),
        Action::Move(by) => {
            let Some(walk) = &app.walk else { return Vec::new() };
            let body = app.body();
            let max_scroll = hidden(lines(app, walk, inside(body)).len(), body.height);
            app.summary.top = scrolled(app.summary.top, usize::from(app.size.1 / 2), max_scroll, by);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// What was learned, what was guessed, what did not go, what is next.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walkthrough, area: Rect) {
    let name = format!("{}: the end", escape(&walk.lesson.title));
    let lines = lines(app, walk, inside(area));
    Panel { title: title(app.theme, name), focused: true, top: app.summary.top }
        .draw(frame, app.theme, area, &lines);
}

/// All of it, folded to a width.
fn lines(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let none = LessonProgress::default();
    let page = Page { app, walk, width, done: app.progress.lesson(&walk.lesson.id).unwrap_or(&none) };
    let mut out = Vec::new();
    page.steps(&mut out);
    page.guesses(&mut out);
    page.myths(&mut out);
    page.commands(&mut out);
    page.left(&mut out);
    page.next(&mut out);
    out
}

/// What the end of a lesson is drawn from.
struct Page<'a> {
    app: &'a App,
    walk: &'a Walkthrough,
    width: u16,
    done: &'a LessonProgress,
}

impl Page<'_> {
    fn signed(&self, sign: &str, role: Role, text: &str) -> Line<'static> {
        let sign = Span::styled(format!("{sign} "), self.app.theme.style(role));
        Line::from(vec![sign, Span::raw(escape(text))])
    }

    /// The steps that the person has done, now or before.
    fn done_steps(&self) -> impl Iterator<Item = &Step> {
        self.walk.lesson.steps.iter().filter(|s| self.done.steps.contains_key(&s.id))
    }

    fn item(&self, sign: &str, text: &str, out: &mut Vec<Line<'static>>) {
        let rows = markdown::render(text, self.width.saturating_sub(2), self.app.theme);
        for (i, line) in rows.into_iter().enumerate() {
            let mut spans = vec![Span::raw(if i == 0 { format!("{sign} ") } else { "  ".to_owned() })];
            spans.extend(line.spans);
            out.push(Line::from(spans));
        }
    }

    fn steps(&self, out: &mut Vec<Line<'static>>) {
        let theme = self.app.theme;
        heading(theme, "Steps", out);
        for (step, page) in self.walk.lesson.steps.iter().zip(&self.walk.pages) {
            let (sign, role) = verdicts::done_sign(self.done.steps.get(&step.id));
            let mut line = self.signed(sign, role, &step.title);
            if let Some(record) = page.record.as_ref().filter(|r| r.status != Status::Passed) {
                let (sign, word, role) = verdicts::status(&record.status);
                line.spans.push(Span::styled(format!("   {sign} {word}"), theme.style(role)));
                if let Status::Blocked { reason, .. } = &record.status {
                    line.spans.push(Span::raw(format!(": {}", escape(reason))));
                }
            }
            out.push(line);
        }
    }

    /// As `isolab progress` counts them.
    fn guesses(&self, out: &mut Vec<Line<'static>>) {
        let (right, answered) = self.done.guesses();
        if answered == 0 {
            return;
        }
        heading(self.app.theme, &format!("Your guesses: {right} of {answered} right"), out);
        for step in &self.walk.lesson.steps {
            if let Some(guess) = self.done.predictions.get(&step.id) {
                let (sign, role) = if guess.right { ("✓", Role::Good) } else { ("✗", Role::Warn) };
                out.push(self.signed(sign, role, &step.title));
            }
        }
        if right < answered {
            let text = "`isolab review` asks the wrong ones again, from tomorrow on.";
            out.extend(markdown::render(text, self.width, self.app.theme));
        }
    }

    fn myths(&self, out: &mut Vec<Line<'static>>) {
        let myths: Vec<&String> = self.done_steps().filter_map(|s| s.myth.as_ref()).collect();
        if myths.is_empty() {
            return;
        }
        heading(self.app.theme, "Myths that you met", out);
        for myth in myths {
            self.item("×", &self.app.environment.fill(&self.walk.lesson, myth), out);
        }
    }

    /// What can be typed on any machine, where it is short, and what to read.
    fn commands(&self, out: &mut Vec<Line<'static>>) {
        let (app, walk) = (self.app, self.walk);
        let blocks =
            self.done_steps().filter_map(|s| s.by_hand.as_ref().and_then(|c| app.environment.here(c)));
        let (short, long): (Vec<&String>, Vec<&String>) =
            blocks.partition(|block| block.trim().lines().count() <= FEW_LINES);
        let mut manuals: Vec<String> = Vec::new();
        for page in self.done_steps().flat_map(|s| &s.man) {
            if !manuals.contains(page) {
                manuals.push(page.clone());
            }
        }
        if short.is_empty() && long.is_empty() && manuals.is_empty() {
            return;
        }
        heading(app.theme, "Worth keeping", out);
        for block in short {
            out.extend(commands_block(app, walk, block, self.width));
        }
        if !long.is_empty() {
            let text = format!(
                "{} too long to remember: `isolab show {} --answers` prints them.",
                if long.len() == 1 {
                    "1 block of commands is".to_owned()
                } else {
                    format!("{} blocks of commands are", long.len())
                },
                walk.lesson.id
            );
            self.item("·", &text, out);
        }
        if !manuals.is_empty() {
            self.item("·", &format!("To read: {}.", manuals.join(", ")), out);
        }
    }

    /// What has not been done.
    fn left(&self, out: &mut Vec<Line<'static>>) {
        let left = |deeper: bool| {
            let steps = self.walk.lesson.steps.iter().filter(|s| !self.done.steps.contains_key(&s.id));
            steps.filter(|s| (s.level == Some(Level::Deeper)) == deeper).count()
        };
        let texts = [
            (left(false), "not done yet"),
            (left(true), "left that Enter passes over, because it goes deeper than the lesson needs"),
        ];
        let texts: Vec<String> = texts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| {
                let what = if *n == 1 { (*what).to_owned() } else { what.replace("it goes", "they go") };
                format!("{} {} {what}", count(*n, "step"), if *n == 1 { "is" } else { "are" })
            })
            .collect();
        if !texts.is_empty() {
            out.push(Line::default());
            let text = format!("{}; `o` lists all steps.", texts.join("; "));
            out.extend(markdown::render(&text, self.width, self.app.theme));
        }
    }

    fn next(&self, out: &mut Vec<Line<'static>>) {
        let (app, theme) = (self.app, self.app.theme);
        let at = app.entries.iter().position(|e| e.id == self.walk.lesson.id);
        if let Some(next) = at.and_then(|at| app.entries.get(at + 1)) {
            out.push(Line::default());
            let name = next.lesson.as_ref().map_or_else(|_| String::new(), |l| escape(&l.title));
            out.push(Line::from(vec![
                Span::styled("Next: ", theme.style(Role::Accent)),
                Span::styled(next.id.clone(), theme.style(Role::Strong)),
                Span::raw(format!(" · {name}")),
            ]));
        } else {
            heading(theme, "That was the last lesson. What to do next", out);
            for text in AFTERWARDS {
                self.item("·", text, out);
            }
        }
    }
}
