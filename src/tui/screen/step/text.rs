//! The text of a step: the idea, the question, what will be called; when the kernel has spoken, the answer and why first.

use crate::events::{Status, StepRecord};
use crate::lesson::by_hand as hands;
use crate::present::action::{self, Ends, Files, Planned};
use crate::present::chosen::in_words;
use crate::present::plain::{escape, fold, width as columns_of};
use crate::tui::app::App;
use crate::tui::theme::{Role, Theme};
use crate::tui::view::styled::fold_text;
use crate::tui::view::{markdown, planned};
use crate::tui::walkthrough::Walkthrough;
use crate::vocabulary::when::Rights;
use crate::vocabulary::whole::Level;
use crate::vocabulary::{Action, Predict};
use ratatui::text::{Line, Span};

/// All of it, folded to a width.
pub fn lines(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let spoken = spoken(walk).is_some();
    let mut out = if spoken { told(app, walk, width) } else { to_the_question(app, walk, width) };
    if spoken {
        introduction(app, walk, width, &mut out);
    }
    will_be_called(app, walk, width, &mut out);
    if spoken || walk.page().solution {
        by_hand(app, walk, width, &mut out);
    }
    if spoken {
        not_in_a_shell(app, walk, width, &mut out);
    }
    if !walk.step().man.is_empty() {
        heading(app.theme, "Manual pages", &mut out);
        out.extend(markdown::render(&walk.step().man.join(", "), width, app.theme));
    }
    out
}

/// Whether somebody is at a deeper step who has not done any yet.
fn is_first_deeper(app: &App, walk: &Walkthrough) -> bool {
    let met = || {
        let lessons = app.entries.iter().filter_map(|e| Some((&e.id, e.lesson.as_ref().ok()?)));
        lessons.flat_map(|(id, l)| l.steps.iter().map(move |s| (id, s))).any(|(lesson, step)| {
            let done = app.progress.lesson(lesson).is_some_and(|d| d.steps.contains_key(&step.id));
            step.level == Some(Level::Deeper) && done
        })
    };
    walk.step().level == Some(Level::Deeper) && app.demo.is_none() && !met()
}

/// The step's record, once the kernel has spoken.
fn spoken(walk: &Walkthrough) -> Option<&StepRecord> {
    walk.page().record.as_ref().filter(|_| walk.running_here().is_none())
}

/// What comes once the kernel has answered: the answer and why, above everything else.
pub fn told(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let mut out = written_for(app, walk, width);
    if let Some(record) = spoken(walk).filter(|record| record.status != Status::NotHere) {
        answer(app, walk, record, width, &mut out);
        why(app, walk, record, width, &mut out);
    }
    out
}

/// Its beginning before the kernel has answered, as far as the end of the question.
pub fn to_the_question(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let mut out = written_for(app, walk, width);
    introduction(app, walk, width, &mut out);
    if app.environment.has(walk.step()) {
        question(app, walk, width, &mut out);
    }
    out
}

/// What the step is about, and what kind of step it is.
fn introduction(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    if !app.environment.has(walk.step()) {
        let text = "– not here: this step is for another kind of machine. Enter goes on.";
        out.extend(fold_text(text, Role::Warn, width.into(), app.theme));
        out.push(Line::default());
    } else if spoken(walk).is_some() {
        rule(app.theme, width, out);
    } else if is_first_deeper(app, walk) {
        let text = "Deeper: this step goes further than the lesson needs. Enter passes over such steps; o lists them all.";
        out.extend(fold_text(text, Role::Dim, width.into(), app.theme));
        out.push(Line::default());
    }
    if walk.index == 1 && walk.lesson.seed.is_some() {
        let chosen = in_words(&walk.lesson.chosen()).unwrap_or_default();
        out.extend(fold_text(&chosen, Role::Dim, width.into(), app.theme));
        out.push(Line::default());
    }
    if let Some(text) = app.environment.here(&walk.step().text) {
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, text), width, app.theme));
    }
}

/// A text that names a number was written for the default values of the parameters.
fn written_for(app: &App, walk: &Walkthrough, width: u16) -> Vec<Line<'static>> {
    let of_step = walk.params.get(walk.index - 1).into_iter().flatten();
    let changed = of_step.filter_map(|name| walk.lesson.params.get(name).map(|p| (name, p)));
    let changed: Vec<String> = changed
        .filter(|(_, p)| p.value() != p.initial())
        .map(|(name, p)| format!("{name}={} (the text may speak of {})", p.value(), p.initial()))
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
        let sign = sign_of(predict, chosen);
        let indent = 4 + columns_of(sign);
        let room = width.saturating_sub(indent as u16 + 1);
        let text = markdown::render(&app.environment.fill(&walk.lesson, text), room, theme);
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
                vec![Span::raw(" ".repeat(indent))]
            };
            let mut spans = lead;
            spans.extend(line.spans);
            out.push(Line::from(spans));
        }
    }
    if app.demo.is_some() {
        return;
    }
    let keys = match predict.options.len() {
        2 => "1 or 2".to_owned(),
        last => format!("1 to {last}"),
    };
    let text = match (predict.takes_several(), walk.page().answer.is_empty()) {
        (true, _) => format!("{keys} to mark all that you expect, then Enter"),
        (false, true) => format!("{keys} to guess, or Enter right away"),
        (false, false) => return,
    };
    out.extend(fold_text(&text, Role::Dim, width.into(), theme));
}

/// Whether an option is chosen: a circle where one is to be chosen, a box where several can be.
fn sign_of(predict: &Predict, chosen: bool) -> &'static str {
    match (predict.takes_several(), chosen) {
        (true, true) => "[x]",
        (true, false) => "[ ]",
        (false, true) => "◉",
        (false, false) => "○",
    }
}

fn will_be_called(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let plans = |actions| plans(app, actions, ends(walk));
    let (given, made) = (plans(&walk.step().given), plans(&walk.step().actions));
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
pub fn plans(app: &App, actions: &[Action], ends: Ends) -> Vec<Planned> {
    action::planned(actions, &app.environment.variant, Files::Here, ends)
}

/// A declared failure appears only after the call has failed.
pub fn ends(walk: &Walkthrough) -> Ends {
    if walk.page().record.is_some() { Ends::Told } else { Ends::Hidden }
}

fn by_hand(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let Some(commands) = walk.step().by_hand.as_ref().and_then(|c| app.environment.here(c)) else { return };
    heading(app.theme, &format!("By hand, in {}", whose_shell(app)), out);
    out.extend(commands_block(app, walk, commands, width));
}

/// Why nobody can do the step in a shell of the lab, where that is so. Before the kernel has spoken it could answer the question.
fn not_in_a_shell(app: &App, walk: &Walkthrough, width: u16, out: &mut Vec<Line<'static>>) {
    let can = hands::can(&walk.lesson, walk.step(), &app.environment.variant);
    if let (Err(why), false, true) = (can, walk.step().actions.is_empty(), app.environment.has(walk.step())) {
        heading(app.theme, "Not in a shell of the lab", out);
        out.extend(fold_text(&escape(&why), Role::Dim, width.into(), app.theme));
    }
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

fn answer(app: &App, walk: &Walkthrough, record: &StepRecord, width: u16, out: &mut Vec<Line<'static>>) {
    let Some(predict) = &walk.step().predict else { return };
    let theme = app.theme;
    let fill = |text: &str| app.environment.fill(&walk.lesson, text);
    let texts = |ids: &[String]| {
        let texts: Vec<String> =
            ids.iter().filter_map(|id| predict.options.get(id)).map(|t| fill(t)).collect();
        texts.join("; ")
    };
    let truth = predict.truth(&app.environment.variant);
    let chosen = &walk.page().answer;
    let right = walk.right(walk.index, &app.environment.variant);
    let (sign, role) = match right {
        Some(true) => ("✓", Role::Good),
        Some(false) => ("✗", Role::Warn),
        None => ("·", Role::Dim),
    };
    let mut say = |sign: &str, role: Role, text: &str| marked(sign, role, text, width, theme, out);
    // The answer comes first: where this pane is a strip below the readouts, the first lines are all that is seen.
    if record.is_explained() && predict.takes_several() {
        if !chosen.is_empty() {
            say(sign, role, &format!("You said: {}", how_many(chosen, truth)));
        }
        for (id, text) in &predict.options {
            let (sign, role, remark) = match (chosen.contains(id), truth.contains(id)) {
                (true, true) => ("✓", Role::Good, ""),
                (true, false) => ("✗", Role::Warn, " – wrong"),
                (false, true) if chosen.is_empty() => ("→", Role::Strong, ""),
                (false, true) => ("→", Role::Strong, " – missed"),
                (false, false) => continue,
            };
            let mark = sign_of(predict, chosen.contains(id));
            say(sign, role, &format!("{}{remark}", fill(&format!("{} {text}", mark.replace('[', "\\[")))));
        }
    } else {
        if !chosen.is_empty() {
            say(sign, role, &format!("You said: {}", texts(chosen)));
        }
        if record.is_explained() && right != Some(true) {
            say("→", Role::Strong, &format!("Answer: {}", texts(truth)));
        }
    }
    if record.status == Status::Failed {
        let text = "The step did not go as it should, so no answer is right; look at the checks";
        say("!", Role::Bad, text);
    }
    if let Some(reason) = record.unmeasured() {
        say("⊘", Role::Warn, &format!("Not measured here, because {}", escape(reason)));
    }
    say("?", Role::Dim, &format!("The question: {}", fill(&predict.ask)));
}

/// A sentence behind a sign.
fn marked(sign: &str, role: Role, text: &str, width: u16, theme: Theme, out: &mut Vec<Line<'static>>) {
    for (i, line) in markdown::render(text, width.saturating_sub(2), theme).into_iter().enumerate() {
        let lead = if i == 0 { format!("{sign} ") } else { "  ".to_owned() };
        let mut spans = vec![Span::styled(lead, theme.style(role))];
        spans.extend(line.spans);
        out.push(Line::from(spans));
    }
}

/// How much of a set was found, and what was chosen beside it.
fn how_many(chosen: &[String], truth: &[String]) -> String {
    let found = chosen.iter().filter(|id| truth.contains(id)).count();
    match (found == truth.len(), chosen.len() - found) {
        (true, 0) => format!("all {}, and no other", truth.len()),
        (_, 0) => format!("{found} of the {}", truth.len()),
        (_, wrong) => format!(
            "{found} of the {}, and {wrong} that {} not",
            truth.len(),
            if wrong == 1 { "is" } else { "are" }
        ),
    }
}

fn why(app: &App, walk: &Walkthrough, record: &StepRecord, width: u16, out: &mut Vec<Line<'static>>) {
    let theme = app.theme;
    let explained = record.is_explained();
    if let Some(why) = walk.step().why.as_ref().and_then(|w| app.environment.here(w)).filter(|_| explained) {
        heading(theme, "Why", out);
        out.extend(markdown::render(&app.environment.fill(&walk.lesson, why), width, theme));
    }
    if let Some(docker) = walk.step().docker.as_ref().filter(|_| explained) {
        heading(theme, "With Docker", out);
        out.extend(commands_block(app, walk, docker, width));
    }
    if let Some(myth) = walk.step().myth.as_ref().filter(|_| explained) {
        heading(theme, "So this is a myth", out);
        let text = app.environment.fill(&walk.lesson, myth);
        out.extend(markdown::render(&format!("“{text}”"), width, theme));
    }
    if record.by_hand {
        heading(theme, "★ Done by hand", out);
    }
}
