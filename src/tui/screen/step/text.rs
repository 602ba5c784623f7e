//! The text of a step: the idea, the question, what will be called; when the kernel has spoken, the answer and why first.

use crate::events::Status;
use crate::present::action::{self, Files, Planned};
use crate::present::plain::{escape, fold};
use crate::tui::app::App;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::fold_text;
use crate::tui::view::{markdown, planned};
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::Action;
use crate::vocabulary::when::Rights;
use ratatui::text::{Line, Span};

/// All of it, folded to a width.
pub fn lines(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let mut out = written_for(app, walk, width);
    let spoken = walk.running_here().is_none() && walk.page().record.is_some();
    if spoken {
        answer(app, walk, width, &mut out);
        why(app, walk, width, &mut out);
        rule(app.theme, width, &mut out);
    }
    if let Some(text) = app.environment.here(&walk.step().text) {
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, text), width, app.theme));
    }
    if !spoken {
        question(app, walk, width, &mut out);
    }
    will_be_called(app, walk, width, &mut out);
    by_hand(app, walk, width, &mut out);
    if !walk.step().man.is_empty() {
        heading(app.theme, "Manual pages", &mut out);
        out.extend(markdown::render(&walk.step().man.join(", "), width, app.theme));
    }
    out
}

/// A text that names a number was written for the default values of the parameters.
fn written_for(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let of_step = walk.params.get(walk.index - 1).into_iter().flatten();
    let changed = of_step.filter_map(|name| walk.lesson.params.get(name).map(|p| (name, p)));
    let changed: Vec<String> = changed
        .filter(|(_, p)| *p.value() != p.default)
        .map(|(name, p)| format!("{name}={} (the text may speak of {})", p.value(), p.default))
        .collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let text = format!("What if: {}", changed.join(", "));
    let mut out = fold_text(&text, Role::Warn, width.into(), app.theme);
    out.push(Line::default());
    out
}

/// A heading, with air above it.
pub fn heading(theme: Theme, text: &str, out: &mut Vec<Line<'static>>) {
    if !out.is_empty() {
        out.push(Line::default());
    }
    out.push(Line::styled(text.to_owned(), theme.style(Role::Accent)));
}

/// A line across.
pub fn rule(theme: Theme, width: u16, out: &mut Vec<Line<'static>>) {
    out.push(Line::default());
    out.push(Line::styled("─".repeat(usize::from(width)), theme.style(Role::Border)));
}

/// What people are asked before the kernel speaks.
pub fn question(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let Some(predict) = &walk.step().predict else { return };
    let theme = app.theme;
    heading(theme, "What do you expect?", out);
    out.extend(markdown::render(&app.environment.fill(&walk.lesson, &predict.ask), width, theme));
    for (i, (id, text)) in predict.options.iter().enumerate() {
        let chosen = walk.page().answer.contains(id);
        let sign = if chosen { "◉" } else { "○" };
        let text =
            markdown::render(&app.environment.fill(&walk.lesson, text), width.saturating_sub(6), theme);
        for (row, line) in text.into_iter().enumerate() {
            let lead = if row == 0 {
                vec![
                    Span::styled(format!(" {} ", i + 1), theme.style(Role::Key)),
                    Span::styled(
                        format!("{sign} "),
                        theme.style(if chosen { Role::Accent } else { Role::Dim }),
                    ),
                ]
            } else {
                vec![Span::raw("     ")]
            };
            let mut spans = lead;
            spans.extend(line.spans);
            out.push(Line::from(spans));
        }
    }
    if walk.page().answer.is_empty() && app.demo.is_none() {
        let text = format!("1 to {} to guess, or Enter right away", predict.options.len());
        out.push(Line::styled(text, theme.style(Role::Dim)));
    }
}

fn will_be_called(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let (given, made) = (plans(app, &walk.step().given), plans(app, &walk.step().actions));
    if !given.is_empty() {
        heading(app.theme, "Prepared beforehand", out);
        out.extend(planned::lines(&given, width, app.theme));
    }
    if !made.is_empty() {
        let word = match &walk.page().record {
            Some(record) if record.by_hand => "What the box would have called",
            Some(_) => "What was called",
            None => "What will be called",
        };
        heading(app.theme, word, out);
        out.extend(planned::lines(&made, width, app.theme));
    }
}

/// Who does what.
pub fn plans(app: &App, actions: &[Action]) -> Vec<Planned> {
    action::planned(actions, &app.environment.variant, Files::Here)
}

fn by_hand(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let Some(commands) = walk.step().by_hand.as_ref().and_then(|c| app.environment.here(c)) else { return };
    heading(app.theme, &format!("By hand, in {}", whose_shell(app)), out);
    out.extend(commands_block(app, walk, commands, width));
}

/// The shell for which the commands under *By hand* are written: who runs the lab decides which ones are shown.
pub fn whose_shell(app: &App) -> &'static str {
    match app.environment.variant.rights {
        Rights::Root => "a root shell of this machine",
        Rights::Rootless => "your own shell on this machine",
    }
}

/// Commands as they are typed. A line that does not fit goes on below a mark; a comment stands above its command.
pub fn commands_block(app: &App, walk: &Walkthrough, commands: &str, width: u16) -> Vec<Line<'static>> {
    let text = escape(&app.environment.fill(&walk.lesson, commands));
    let room = usize::from(width.saturating_sub(4)).max(8);
    let mut out = Vec::new();
    for line in text.lines() {
        let (command, comment) = match line.split_once(" # ") {
            Some((command, comment)) => (command.trim_end(), comment.trim()),
            None => (line, ""),
        };
        for part in fold(comment, room).into_iter().filter(|p| !p.is_empty()) {
            out.push(Line::styled(format!("  # {part}"), app.theme.style(Role::Dim)));
        }
        for (i, part) in fold(command, room).into_iter().enumerate() {
            let lead =
                if i == 0 { Span::raw("  ") } else { Span::styled("  ↪ ", app.theme.style(Role::Dim)) };
            out.push(Line::from(vec![lead, Span::styled(part, app.theme.style(Role::Code))]));
        }
    }
    out
}

fn answer(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let (Some(predict), Some(record)) = (&walk.step().predict, &walk.page().record) else { return };
    let theme = app.theme;
    let text = |id: &String| {
        let text = predict.options.get(id).cloned().unwrap_or_default();
        app.environment.fill(&walk.lesson, &text)
    };
    let said: Vec<String> = walk.page().answer.iter().map(text).collect();
    let truth = app.environment.here(&predict.answer).map(|a| a.0.clone()).unwrap_or_default();
    let right = walk.right(walk.index, Some(&truth));
    let (sign, role) = match right {
        Some(true) => ("✓", Role::Good),
        Some(false) => ("✗", Role::Warn),
        None => ("·", Role::Dim),
    };
    let mut say = |word: &str, sign: &str, role: Role, text: &str| {
        let lines = markdown::render(&format!("{word}: {text}"), width.saturating_sub(2), theme);
        for (i, line) in lines.into_iter().enumerate() {
            let lead = if i == 0 { format!("{sign} ") } else { "  ".to_owned() };
            let mut spans = vec![Span::styled(lead, theme.style(role))];
            spans.extend(line.spans);
            out.push(Line::from(spans));
        }
    };
    say("The question", "?", Role::Dim, &app.environment.fill(&walk.lesson, &predict.ask));
    if !said.is_empty() {
        say("You said", sign, role, &said.join("; "));
    }
    if record.status == Status::Failed {
        say("It did not go as it should", "!", Role::Bad, "so neither answer is right; look at the checks");
    } else if record.status == Status::Passed && right != Some(true) {
        let truths: Vec<String> = truth.iter().map(text).collect();
        say("Answer", "→", Role::Strong, &truths.join("; "));
    }
}

fn why(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let theme = app.theme;
    let passed = walk.page().record.as_ref().is_some_and(|r| r.status == Status::Passed);
    if let Some(why) = walk.step().why.as_ref().and_then(|w| app.environment.here(w)).filter(|_| passed) {
        heading(theme, "Why", out);
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, why), width, theme));
    }
    if let Some(docker) = walk.step().docker.as_ref().filter(|_| passed) {
        heading(theme, "With Docker", out);
        out.extend(commands_block(app, walk, docker, width));
    }
    if let Some(myth) = walk.step().myth.as_ref().filter(|_| passed) {
        heading(theme, "So this is a myth", out);
        let text = app.environment.fill(&walk.lesson, myth);
        out.extend(markdown::render(&format!("“{text}”"), width, theme));
    }
    if walk.page().record.as_ref().is_some_and(|r| r.by_hand) {
        heading(theme, "★ Done by hand", out);
    }
}
