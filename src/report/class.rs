//! A class as one table. Names of people and files are foreign text.

use super::markup;
use super::paint::Tone;
use super::table::{Cell, Column, Row, render};
use crate::grading::class::{Counted, Entry, Evidence, Person, Table};
use crate::grading::score::Points;
use crate::present::plain::{count, hang, one_line, width};

/// The most steps that are named as those where people stopped or guessed wrong.
const MOST_COUNTED: usize = 5;
const NONE: &str = "–";

/// For people: a row for each person. Each lesson has a column, where there is room for all of them.
pub fn text(table: &Table, columns: usize) -> String {
    let wide = rows(table, false, usize::MAX);
    let fits = wide.lines().all(|line| width(line) <= columns);
    let mut out = if fits { wide } else { rows(table, true, columns) };
    let below = below(table);
    if !(out.is_empty() || below.is_empty()) {
        out.push('\n');
    }
    for line in below {
        out += &hang("", "  ", &one_line(&line), columns);
    }
    out
}

/// The rows, at most `columns` wide as far as that is possible. `folded`: with all lessons in one column.
fn rows(table: &Table, folded: bool, columns: usize) -> String {
    if table.people.is_empty() {
        return String::new();
    }
    let lessons = table.lessons();
    let shown: &[&str] = if folded { &["lessons"] } else { &lessons };
    let heads = heads(shown).into_iter().map(|title| Column { title, folds: folded && title == "lessons" });
    let row = |(who, person): (&String, &Person)| {
        let mut cells = cells(who, person, &lessons);
        if folded {
            let each = |(id, points): (&str, String)| (points != NONE).then(|| format!("{id} {points}"));
            let each: Vec<String> =
                lessons.iter().copied().zip(cells.drain(1..=lessons.len())).filter_map(each).collect();
            cells.insert(1, each.join(", "));
        }
        let mut cells = cells.into_iter();
        let first = cells.next().map(|who| Cell::new(who, Tone::Strong));
        Row { cells: first.into_iter().chain(cells.map(Cell::plain)).collect(), notes: vec![] }
    };
    let all: Vec<Row> = table.people.iter().map(row).collect();
    render(&heads.collect::<Vec<_>>(), &all, columns)
}

/// As CommonMark with a table.
pub fn markdown(table: &Table) -> String {
    let lessons = table.lessons();
    let line = |cells: Vec<String>| {
        format!("| {} |\n", cells.iter().map(|cell| markup::text(cell)).collect::<Vec<_>>().join(" | "))
    };
    let mut out = "# Class\n\n".to_owned();
    if !table.people.is_empty() {
        let heads = heads(&lessons);
        out += &line(heads.iter().map(|head| (*head).to_owned()).collect());
        out += &format!("|{}\n", " --- |".repeat(heads.len()));
        for (who, person) in &table.people {
            out += &line(cells(who, person, &lessons));
        }
        out.push('\n');
    }
    for line in below(table) {
        out += &format!("- {}\n", markup::text(&line));
    }
    out
}

/// For spreadsheets: a line for each person and lesson.
pub fn csv(table: &Table) -> String {
    let heads = [
        "who",
        "lesson",
        "points",
        "possible",
        "not_gradable",
        "evidence",
        "hints",
        "solutions",
        "stopped_at",
        "guesses_right",
        "guesses",
        "missed",
        "seed",
        "at",
        "file",
    ];
    let line = |who: &String, entry: &Entry| {
        let result = &entry.result;
        let wrong: Vec<&str> =
            result.guesses.iter().filter(|(_, right)| !right).map(|(step, _)| step.as_str()).collect();
        let some = |n: u32| if n == 0 { String::new() } else { n.to_string() };
        vec![
            who.clone(),
            result.lesson.clone(),
            result.points.earned.to_string(),
            some(result.points.possible),
            some(result.points.not_gradable),
            entry.evidence.word().to_owned(),
            result.hints.map(|n| n.to_string()).unwrap_or_default(),
            some(result.solutions.try_into().unwrap_or(u32::MAX)),
            result.stopped_at.clone().unwrap_or_default(),
            (result.guesses.len() - wrong.len()).to_string(),
            result.guesses.len().to_string(),
            wrong.join(" "),
            entry.seed.clone().unwrap_or_default(),
            entry.at.map(|at| format!("{at:.0}")).unwrap_or_default(),
            entry.file.clone(),
        ]
    };
    let lines =
        table.people.iter().flat_map(|(who, p)| p.lessons.values().map(move |entry| line(who, entry)));
    super::delimited::table(&heads, lines)
}

fn heads<'l>(lessons: &[&'l str]) -> Vec<&'l str> {
    let mut heads = vec!["who"];
    heads.extend(lessons);
    heads.extend(["points", "hints", "stopped at", "missed"]);
    heads
}

fn cells(who: &str, person: &Person, lessons: &[&str]) -> Vec<String> {
    let mut cells = vec![one_line(who)];
    cells.extend(lessons.iter().map(|id| person.lessons.get(*id).map_or(NONE.to_owned(), points_cell)));
    cells.push(Some(person.points()).filter(|sum| sum.possible > 0).map_or(NONE.to_owned(), points));
    cells.push(person.hints().map_or(NONE.to_owned(), |n| n.to_string()));
    // The lesson that was worked on last says where somebody is.
    let last = person.lessons.values().filter(|entry| entry.result.stopped_at.is_some()).max_by_key(|e| e.at);
    cells.push(last.map_or(NONE.to_owned(), |entry| {
        format!("{}:{}", entry.result.lesson, entry.result.stopped_at.as_deref().unwrap_or_default())
    }));
    let wrong = person.lessons.values().flat_map(|entry| &entry.result.guesses).filter(|(_, right)| !right);
    let (wrong, all) =
        (wrong.count(), person.lessons.values().map(|e| e.result.guesses.len()).sum::<usize>());
    cells.push(if all == 0 { NONE.to_owned() } else { format!("{wrong}/{all}") });
    cells
}

/// Earned of possible; only earned where nobody knows what was possible.
fn points(points: Points) -> String {
    match points.possible {
        0 => points.earned.to_string(),
        possible => format!("{}/{possible}", points.earned),
    }
}

/// Points with the sign of what they are worth, and with those that could not be graded.
fn points_cell(entry: &Entry) -> String {
    let more = match entry.result.points.not_gradable {
        0 => String::new(),
        n => format!(" +{n}⊘"),
    };
    let sign = match entry.evidence {
        Evidence::Progress => "?",
        Evidence::Receipt => "*",
        Evidence::Graded => "",
    };
    format!("{}{sign}{more}", points(entry.result.points))
}

/// What the signs mean, what happened most often, and what is not in the table.
fn below(table: &Table) -> Vec<String> {
    let mut lines = Vec::new();
    let entries = || table.people.values().flat_map(|person| person.lessons.values());
    let has = |evidence| entries().any(|entry| entry.evidence == evidence);
    if has(Evidence::Receipt) {
        lines.push("* a receipt: nothing is proved until isolab grade --verify has made it again".to_owned());
    }
    if has(Evidence::Progress) {
        lines.push("? progress: only claimed, and not in the sum".to_owned());
    }
    if entries().any(|entry| entry.result.points.not_gradable > 0) {
        lines.push("+n⊘ points that could not be graded where it ran".to_owned());
    }
    lines.extend(most("stopped most often at", &table.stops()));
    lines.extend(most("guessed wrong most often", &table.missed()));
    let people = count(table.people.len(), "person").replace("persons", "people");
    lines.push(format!("{people}, {}", count(table.lessons().len(), "lesson")));
    if !table.replaced.is_empty() {
        lines.push(format!("not counted, since there is a better one: {}", table.replaced.join(", ")));
    }
    lines.extend(table.left_out.iter().map(|(file, why)| format!("left out: {file}: {why}")));
    lines
}

fn most(what: &str, counted: &[Counted]) -> Option<String> {
    let one = |c: &Counted| format!("{}:{} ({} of {})", c.lesson, c.step, c.count, c.of);
    let all: Vec<String> = counted.iter().take(MOST_COUNTED).map(one).collect();
    (!all.is_empty()).then(|| format!("{what}: {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::class::{HandIn, LessonResult};

    fn table(who: &str, file: &str) -> Table {
        let result = LessonResult {
            lesson: "uts".into(),
            points: Points { earned: 3, possible: 5, not_gradable: 1 },
            hints: Some(2),
            stopped_at: Some("join".into()),
            guesses: vec![("copy".into(), false), ("join".into(), true)],
            ..LessonResult::default()
        };
        let mut table = Table::default();
        for evidence in [Evidence::Receipt, Evidence::Progress] {
            let name = if evidence == Evidence::Progress { "zoe" } else { who };
            let hand_in = HandIn { who: None, evidence, seed: None, at: None, lessons: vec![result.clone()] };
            table.put(name.into(), file, hand_in);
        }
        table.left_out.push((file.into(), "not JSON at line 1, column 1".into()));
        table
    }

    #[test]
    fn a_row_says_what_somebody_earned_and_what_that_is_worth() {
        colored::control::set_override(false);
        let text = text(&table("ann", "a.json"), 80);
        let lines = [
            "who  uts        points  hints  stopped at  missed",
            "ann  3/5* +1⊘  3/5     2      uts:join    1/2",
            "zoe  3/5? +1⊘  –       2      uts:join    1/2",
            "",
            "* a receipt: nothing is proved until isolab grade --verify has made it again",
            "? progress: only claimed, and not in the sum",
            "+n⊘ points that could not be graded where it ran",
            "stopped most often at: uts:join (2 of 2)",
            "guessed wrong most often: uts:copy (2 of 2)",
            "2 people, 1 lesson",
            "left out: a.json: not JSON at line 1, column 1",
        ];
        assert_eq!(
            text.lines().map(|l| l.replace("uts        p", "uts       p")).collect::<Vec<_>>(),
            lines.map(|l| l.replace("uts        p", "uts       p")),
            "{text}"
        );
    }

    #[test]
    fn lessons_share_a_column_where_there_is_no_room() {
        colored::control::set_override(false);
        let mut table = table("ann", "a.json");
        for lesson in ["cgroup-cpu", "cgroup-memory", "mount", "net", "overlay"] {
            let result = LessonResult {
                lesson: lesson.into(),
                points: Points { earned: 1, possible: 4, not_gradable: 0 },
                ..LessonResult::default()
            };
            let (evidence, at) = (Evidence::Graded, None);
            table.put(
                "ann".into(),
                "b.json",
                HandIn { who: None, evidence, seed: None, at, lessons: vec![result] },
            );
        }
        let text = text(&table, 80);
        assert!(text.lines().all(|line| width(line) <= 80), "{text}");
        assert!(
            text.starts_with("who  lessons ") && text.contains("cgroup-cpu 1/4, cgroup-memory 1/4,"),
            "{text}"
        );
        assert!(super::text(&table, 120).starts_with("who  cgroup-cpu  cgroup-memory  mount  net"), "{text}");
    }

    #[test]
    fn names_are_nothing_but_text() {
        let evil = "=1|<script>\u{1b}[2J\u{202e}\n*x*`";
        let table = table(evil, evil);
        for made in
            [text(&table, 80), markdown(&table), csv(&table), super::super::html::page(&markdown(&table))]
        {
            assert!(!made.contains(['\u{1b}', '\u{202e}']), "{made:?}");
        }
        let page = super::super::html::page(&markdown(&table));
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
        let line = csv(&table).lines().nth(1).expect("a line").to_owned();
        assert!(line.starts_with("'=1|"), "{line}");
        let rows: Vec<usize> = markdown(&table)
            .lines()
            .filter(|l| l.starts_with('|'))
            .map(|l| l.replace("\\|", "").matches('|').count())
            .collect();
        assert!(rows.len() == 4 && rows.iter().all(|n| *n == rows[0]), "{rows:?}");
    }
}
