//! A shell in a box, and beside it what the kernel says while one types.

use super::scroll::{Panel, inside, title};
use super::styled::fold_text;
use super::{page, readouts};
use crate::events::Status;
use crate::tui::app::App;
use crate::tui::message::Purpose;
use crate::tui::theme::{Depth, Role};
use crate::tui::walk::{Shell, Walk};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::Line;
use tui_term::widget::PseudoTerminal;

/// Where the shell is, and where the readouts are.
fn places(area: Rect) -> (Rect, Rect) {
    if area.width >= 130 {
        let left = area.width * 11 / 20;
        return (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area });
    }
    let high = (area.height * 3 / 5).max(8).min(area.height);
    (Rect { height: high, ..area }, Rect { y: area.y + high, height: area.height - high, ..area })
}

/// Columns and rows of the shell's terminal on a screen of this size.
pub fn size(screen: (u16, u16)) -> (u16, u16) {
    let area = Rect::new(0, 1, screen.0, screen.1.saturating_sub(2));
    let (shell, _) = places(area);
    (shell.width.saturating_sub(2).max(20), shell.height.saturating_sub(2).max(4))
}

/// Draws both.
pub fn draw(frame: &mut Frame, app: &App, walk: &Walk, area: Rect) {
    let Some(shell) = &walk.shell else { return };
    let (left, right) = places(area);
    let theme = app.theme;
    let name = match (&shell.purpose, shell.pid) {
        (_, None) => match &walk.running {
            Some(running) => format!(
                "a shell, but first: {}",
                super::bar::working(app, running, usize::from(left.width.saturating_sub(26)))
            ),
            None => "a shell is being started…".to_owned(),
        },
        (Purpose::Look(of), Some(pid)) => format!("shell in {of}, process {pid}"),
        (Purpose::Try(_), Some(pid)) => format!("you are {}, process {pid}", shell.of),
    };
    let inner = ratatui::widgets::Block::bordered()
        .border_set(ratatui::symbols::border::THICK)
        .border_style(theme.style(Role::BorderFocus))
        .title(title(theme, name));
    frame.render_widget(ratatui::widgets::Clear, left);
    let inside_of = inner.inner(left);
    frame.render_widget(inner, left);
    // In the terminal's own colour: a grey one is hard to see on white.
    let cursor = tui_term::widget::Cursor::default().style(theme.style(Role::Plain));
    frame.render_widget(PseudoTerminal::new(shell.parser.screen()).cursor(cursor), inside_of);
    if theme.depth == Depth::None {
        // Also what programs have coloured.
        for position in inside_of.positions() {
            frame.buffer_mut()[position].set_fg(Color::Reset).set_bg(Color::Reset);
        }
    }
    beside(frame, app, walk, shell, right);
}

fn beside(frame: &mut Frame, app: &App, walk: &Walk, shell: &Shell, area: Rect) {
    let lines = lines(app, walk, shell, inside(area));
    let trying = matches!(shell.purpose, Purpose::Try(_));
    let name = if trying { "what is to come true" } else { "as it is now" };
    Panel { title: title(app.theme, name), focused: false, top: shell.top }
        .draw(frame, app.theme, area, &lines);
}

/// The largest number of lines that can be scrolled out of what stands beside the shell.
pub fn max_scroll(app: &App, walk: &Walk, shell: &Shell, area: Rect) -> usize {
    let place = places(area).1;
    lines(app, walk, shell, inside(place)).len().saturating_sub(usize::from(place.height.saturating_sub(2)))
}

fn lines(app: &App, walk: &Walk, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let mut lines: Vec<Line<'static>> = Vec::new();
    let say = |text: &str, role: Role, lines: &mut Vec<Line<'static>>| {
        lines.extend(fold_text(text, role, width.into(), theme));
    };
    let trying = matches!(shell.purpose, Purpose::Try(_));
    if shell.done {
        say("✓ Done by hand: everything that the step expects is so. Ctrl-] leaves.", Role::Good, &mut lines);
        lines.push(Line::default());
    }
    let notice = |lines: &mut Vec<Line<'static>>| {
        for sentence in &shell.notice {
            say(&format!("· {sentence}"), Role::Dim, lines);
        }
    };
    if trying {
        lines.extend(task(app, walk, shell, width));
    }
    // What may be changed is to be known before the first key, and can be read again later.
    if !shell.used {
        notice(&mut lines);
        lines.push(Line::default());
    }
    lines.extend(readouts::lines(&shell.readouts, true, width, 8, theme));
    if shell.used {
        lines.push(Line::default());
        notice(&mut lines);
    }
    lines
}

/// What is to be done, how far it is, and help as far as it was asked for.
fn task(app: &App, walk: &Walk, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme;
    let hints = &walk.step().hints;
    let hint = |i: usize, out: &mut Vec<Line<'static>>| {
        out.push(Line::styled(format!("hint {} of {}", i + 1, hints.len()), theme.style(Role::Accent)));
        out.extend(super::markdown::render(&app.around.fill(&walk.lesson, &hints[i]), width, theme));
    };
    // What was just asked for comes first: below there may be no room.
    let mut out = Vec::new();
    let shown = shell.hints.min(hints.len());
    if shell.solution
        && let Some(commands) = walk.step().solution.as_ref().and_then(|c| app.around.here(c))
    {
        out.push(Line::styled("one way to do it", theme.style(Role::Accent)));
        out.extend(page::commands_block(app, walk, commands, width));
    } else if shell.hints > hints.len() {
        out.push(Line::styled("no more hints; F2 shows the solution", theme.style(Role::Dim)));
    } else if shown > 0 {
        hint(shown - 1, &mut out);
    }
    let first = usize::from(!out.is_empty() && !shell.solution && shell.hints <= hints.len());
    out.extend(super::planned::lines(&page::plans(app, &walk.step().actions), width, theme));
    for verdict in &shell.verdicts {
        let (sign, role) =
            if verdict.status == Status::Passed { ("✓", Role::Good) } else { ("○", Role::Plain) };
        out.extend(fold_text(&format!("{sign} {}", verdict.claim), role, width.into(), theme));
    }
    for i in 0..shown - first.min(shown) {
        hint(i, &mut out);
    }
    out.push(Line::default());
    out
}
