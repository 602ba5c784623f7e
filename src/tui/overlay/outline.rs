//! The steps of the lesson, and how far each is.

use super::layer::{After, Layer};
use super::state::Outline;
use crate::present::plain::{escape, pad, width};
use crate::tui::app::{App, Screen};
use crate::tui::key::{Action as A, BOTTOM, Binding, Context as C, DOWN, ENTER, ESC, TOP, UP, bind, c, ctrl};
use crate::tui::keys::Action;
use crate::tui::message::Effect;
use crate::tui::movement::moved;
use crate::tui::theme::Role;
use crate::tui::view::scroll::{Panel, middle, select, title};
use crate::tui::view::verdicts::{self, done_sign};
use crate::vocabulary::whole::Level;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The cursor and the sign, the number, behind the title whether it is deeper, and how it went.
const SIGNS: usize = 4;
const NUMBER: usize = 4;
const LEVEL: usize = 10;
const SAID: usize = 18;

/// Its keys.
pub const KEYS: &[Binding] = &[
    bind(C::Outline, &[ENTER], A::Enter, "go there", Some(0)),
    bind(C::Outline, &[ESC, c('o'), c('q')], A::Leave, "back", Some(1)),
    bind(C::Outline, UP, A::UP, "up", None),
    bind(C::Outline, DOWN, A::DOWN, "down", None),
    bind(C::Outline, TOP, A::TOP, "first", None),
    bind(C::Outline, BOTTOM, A::BOTTOM, "last", None),
    bind(C::Outline, &[ctrl('c')], A::Quit, "quit", Some(9)),
];

impl Layer for Outline {
    fn act(&mut self, app: &mut App, action: Action) -> (After, Vec<Effect>) {
        let Some(walk) = &mut app.walk else { return (After::Close, Vec::new()) };
        match action {
            Action::Enter => {
                walk.turn(self.cursor + 1);
                app.screen = Screen::Step;
                let (lesson, step) = (walk.lesson.id.clone(), walk.step().id.clone());
                app.progress.opened(&lesson, &step);
                (After::Close, vec![Effect::Save])
            }
            Action::Move(by) => {
                self.cursor = moved(self.cursor, walk.pages.len(), by);
                (After::Stay, Vec::new())
            }
            Action::Leave => (After::Close, Vec::new()),
            _ => (After::Stay, Vec::new()),
        }
    }

    fn draw(&self, frame: &mut Frame, app: &App, area: Rect) {
        let Some(walk) = &app.walk else { return };
        let theme = app.theme;
        let done = app.progress.lesson(&walk.lesson.id);
        let widest = walk.lesson.steps.iter().map(|s| width(&s.title)).max().unwrap_or(20);
        let room = (SIGNS + NUMBER + widest + LEVEL + SAID).min(usize::from(area.width.saturating_sub(6)));
        let rows: Vec<Line> = walk
            .lesson
            .steps
            .iter()
            .enumerate()
            .map(|(i, step)| {
                let (sign, role) = done_sign(done.and_then(|d| d.steps.get(&step.id)));
                let mut spans = vec![
                    Span::raw(if i == self.cursor { "▸ " } else { "  " }),
                    Span::styled(format!("{sign} "), theme.style(role)),
                    Span::raw(pad(
                        &format!("{:>2}  {}", i + 1, escape(&step.title)),
                        room.saturating_sub(SIGNS + LEVEL + SAID),
                    )),
                    Span::styled(
                        if step.level == Some(Level::Deeper) { " (deeper) " } else { "          " },
                        theme.style(Role::Dim),
                    ),
                ];
                if let Some(record) = &walk.pages[i].record {
                    let (sign, word, role) = verdicts::status(&record.status);
                    spans.push(Span::styled(format!("{sign} {word}"), theme.style(role)));
                } else if walk.pages[i].made_on_the_way {
                    spans.push(Span::styled("→ run on the way", theme.style(Role::Dim)));
                }
                select(Line::from(spans), i == self.cursor, theme)
            })
            .collect();
        let height = (rows.len() as u16 + 4).min(area.height);
        let place = middle(area, room as u16 + 2, height);
        let mut lines = rows;
        lines.push(Line::default());
        lines.push(Line::styled("● watched   ★ done by hand   ○ to come", theme.style(Role::Dim)));
        let top = (self.cursor + 2).saturating_sub(usize::from(height) - 3);
        Panel { title: title(theme, "steps"), focused: true, top }.draw(frame, theme, place, &lines);
    }
}
