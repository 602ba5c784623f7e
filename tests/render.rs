//! A handout says what the run's record says: every call, every value, every check, and nothing that passed only on paper.

mod common;

use common::{skip, test};
use isolab::demo::rehearsal::{CueRecord, CueTitle, Instead, Rehearsal};
use isolab::demo::{Plan, script};
use isolab::events::{Judged, LessonRecord, Status, StepRecord};
use isolab::lesson::Catalog;
use isolab::lesson::text::fill;
use isolab::model::{Actual, Fact, Reading};
use isolab::present::verdict;
use isolab::report::Header;
use isolab::report::markdown::{Context, Edition, handout};
use isolab::vocabulary::when::Rights;
use isolab::vocabulary::{Lesson, Variant, Version};
use std::collections::BTreeMap;
use std::process::Command;

fn isolab(arguments: &[&str]) -> (i32, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_isolab")).args(arguments).output().expect("isolab");
    (run.status.code().unwrap_or(-1), String::from_utf8(run.stdout).expect("UTF-8"))
}

/// A real run, as JSON has it.
fn run(id: &str) -> (Lesson, LessonRecord, Header) {
    let (_, json) = isolab(&["check", id, "--format", "json", "--allow-blocked"]);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let record = serde_json::from_value(document["lessons"][0].clone()).expect("a record");
    let header = header(&document);
    let lesson =
        Catalog::built_in().find(id).expect("a lesson").load(&BTreeMap::new()).expect("without mistakes");
    (lesson, record, header)
}

fn header(document: &serde_json::Value) -> Header {
    let word = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
    Header { isolab: word("isolab"), kernel: word("kernel"), cgroup: word("cgroup"), rights: word("rights") }
}

/// The kind of machine that it was made on.
fn variant(header: &Header) -> Variant {
    let version = if header.cgroup == "v2" { Version::V2 } else { Version::V1 };
    Variant::new(version, if header.rights == "rootless" { Rights::Rootless } else { Rights::Root })
}

fn made(lesson: &Lesson, record: &LessonRecord, header: &Header) -> String {
    edition(Edition::Complete, lesson, record, header)
}

fn edition(edition: Edition, lesson: &Lesson, record: &LessonRecord, header: &Header) -> String {
    handout(lesson, record, &Context { header, variant: &variant(header), edition })
}

/// Without the backslashes that keep Markdown from reading markup into values.
fn plain(text: &str) -> String {
    text.replace('\\', "")
}

#[test]
fn it_has_all_that_the_run_has() {
    for id in ["uts", "mount", "net", "overlay"] {
        let (lesson, record, header) = run(id);
        if let Status::Blocked { reason, .. } = &record.status {
            skip(&format!("the handout of {id}"), reason);
            continue;
        }
        let text = plain(&made(&lesson, &record, &header));
        for step in record.steps.iter().filter(|s| s.id != "setup") {
            let title = format!(". {}\n", step.title);
            let from = text.find(&title).unwrap_or_else(|| panic!("{id}: no step {}", step.id));
            let part = &text[from + title.len()..];
            let part = &part[..part.find("\n## ").unwrap_or(part.len())];
            has_all_of(step, part, id);
        }
    }
}

/// Every call, every value and every check of a step.
fn has_all_of(step: &StepRecord, part: &str, of: &str) {
    let holds = |wanted: &str, what: &str| {
        let wanted = plain(wanted);
        assert!(part.contains(&wanted), "{of} {}: {what} is missing: {wanted}\n{part}", step.id);
    };
    for call in step.actions.iter().flat_map(ActorCalls::actor_calls) {
        holds(&call, "a call");
    }
    for readout in &step.readouts {
        let named = [format!("| {} |", readout.id), format!("\n{}: ", readout.id)];
        assert!(named.iter().any(|name| part.contains(name)), "{of} {}: no {}\n{part}", step.id, readout.id);
        for reading in [&readout.before, &readout.after] {
            if let Reading::Fact(fact) = reading {
                let first = fact.value.to_string();
                let words: Vec<&str> = first.lines().next().unwrap_or_default().split_whitespace().collect();
                for word in words {
                    holds(word, "a value");
                }
            }
        }
    }
    for verdict in &step.verdicts {
        let sign = if verdict.status == Status::Passed { "✓" } else { "✗" };
        holds(&format!("{sign} {}", verdict::claim(verdict).replace('\n', " ")), "a check");
    }
}

const LESSONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demos/lessons");

fn script_file(id: &str) -> String {
    format!("{}/tests/demos/{id}.yaml", env!("CARGO_MANIFEST_DIR"))
}

/// A script that was really rehearsed, and the handout of that.
fn rehearsed(id: &str) -> (Rehearsal, String) {
    let file = script_file(id);
    let (_, json) = isolab(&["--lessons", LESSONS, "demo", &file, "--rehearse", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let rehearsal: Rehearsal = serde_json::from_value(document["rehearsal"].clone()).expect("a rehearsal");
    let header = header(&document);
    let here = variant(&header);
    let catalog = Catalog::with_directory(LESSONS.as_ref()).expect("lessons");
    let script = script::load::load_file(file.as_ref(), &catalog).expect("a script");
    let plan = Plan::new(&script, &here, &|id, set| catalog.load(id, set)).expect("a plan");
    let context = Context { header: &header, variant: &here, edition: Edition::Complete };
    let text = isolab::report::handout::script(&plan, &rehearsal, &context);
    (rehearsal, text)
}

#[test]
fn a_script_s_has_all_that_its_rehearsal_has() {
    for (id, run_to_their_end) in [("good", 3), ("bad", 3), ("chain", 2), ("alone", 1)] {
        let (rehearsal, text) = rehearsed(id);
        let text = plain(&text);
        let mut rest = text.as_str();
        let mut steps = 0;
        for shown in rehearsal.shown().flat_map(CueRecord::with_fallbacks) {
            // Each behind what came before it: the order is that of the show.
            match &shown.what {
                _ if shown.instead == Some(Instead::Before) => {}
                CueTitle::Card(card) => {
                    for line in card.lines().filter(|l| !l.is_empty()) {
                        let at =
                            rest.find(line.trim_start_matches('#')).unwrap_or_else(|| panic!("{id}: {line}"));
                        rest = &rest[at..];
                    }
                }
                CueTitle::Step { title, .. } => {
                    let heading = format!(": {title}\n");
                    let at = rest.find(&heading).unwrap_or_else(|| panic!("{id}: no step {title}\n{text}"));
                    rest = &rest[at + heading.len()..];
                    let part = &rest[..rest.find("\n### ").unwrap_or(rest.len())];
                    if let Some(record) = &shown.record {
                        steps += usize::from(!record.actions.is_empty());
                        has_all_of(record, part, id);
                    }
                    if let Some(awaited) = &shown.awaited {
                        assert!(
                            part.contains(&verdict::claim(awaited)) && part.contains("Waited for after it"),
                            "{id}: {part}"
                        );
                    }
                    if let Status::Blocked { reason, remedy } = &shown.status {
                        assert!(
                            part.contains(&plain(reason)) && part.contains(&plain(remedy)),
                            "{id}: {part}"
                        );
                        assert_eq!(part.contains("In its place:"), shown.instead.is_some(), "{id}: {part}");
                    }
                }
            }
        }
        for chapter in &rehearsal.chapters {
            assert!(text.contains(&format!(". {}\n", chapter.title)), "{id}: {}", chapter.title);
        }
        assert!(!text.contains("note"), "{id}: what the instructor is reminded of\n{text}");
        if blocked_here().is_none() {
            assert_eq!(steps, run_to_their_end, "{id}");
        }
    }
}

/// Why lessons cannot be run here, if they cannot.
fn blocked_here() -> Option<String> {
    match run("uts").1.status {
        Status::Blocked { reason, .. } => Some(reason),
        _ => None,
    }
}

#[test]
fn the_command_writes_a_script_s_and_ends_as_its_rehearsal_does() {
    for id in ["good", "bad", "chain", "alone"] {
        let file = script_file(id);
        let (rehearsed, _) = isolab(&["--lessons", LESSONS, "demo", &file, "--rehearse"]);
        let (code, text) = isolab(&["--lessons", LESSONS, "render", &file, "--format", "markdown"]);
        assert_eq!(code, rehearsed, "{id}");
        assert!(
            text.starts_with("# What ") && text.contains("\n\nEverything below was read"),
            "{id}: {text}"
        );
    }
    let (code, text) = isolab(&["--lessons", LESSONS, "render", &script_file("good"), "--set", "a=b"]);
    assert_eq!((code, text.as_str()), (2, ""), "a script sets its own values");
    assert_eq!(isolab(&["render", "fifteen-minuts"]).0, 2);
}

#[test]
fn a_lesson_goes_before_a_script_of_its_name() {
    let directory = std::env::temp_dir().join(format!("render-{}-lessons", std::process::id()));
    std::fs::create_dir(&directory).expect("a directory of this test");
    let lesson = std::fs::read_to_string(format!("{LESSONS}/nowhere.yaml")).expect("the lesson");
    let lesson = lesson.replace("id: nowhere", "id: who-ate-my-cpu");
    std::fs::write(directory.join("who-ate-my-cpu.yaml"), lesson).expect("a file");
    let (code, text) = isolab(&["--lessons", directory.to_str().expect("UTF-8"), "render", "who-ate-my-cpu"]);
    std::fs::remove_dir_all(directory).expect("a directory of this test");
    assert!(text.starts_with("# A lesson that is blocked everywhere\n"), "{text}");
    assert_eq!(code, 3);
}

#[test]
fn prose_has_the_values_that_were_set() {
    let (code, text) = isolab(&["show", "cgroup-cpu", "--set", "quota=35%"]);
    assert_eq!(code, 0);
    assert!(text.contains("The quota becomes 35%") && !text.contains("{$"), "{text}");
    let set = BTreeMap::from([("quota".to_owned(), "35%".to_owned())]);
    let lesson = Catalog::built_in().load("cgroup-cpu", &set).expect("without mistakes");
    let (_, mut record, header) = run("uts");
    record.steps.clear();
    let text = made(&lesson, &record, &header);
    assert!(text.contains("The quota becomes 35%") && !text.contains("{$"), "{text}");
}

trait ActorCalls {
    fn actor_calls(&self) -> Vec<String>;
}

impl ActorCalls for isolab::events::ActionRecord {
    fn actor_calls(&self) -> Vec<String> {
        self.calls.iter().map(|call| format!("{} {}  {call}", self.actor, call.pid)).collect()
    }
}

#[test]
fn what_failed_is_told_with_what_was_read_and_without_the_lesson_s_conclusion() {
    let (lesson, mut record, header) = run("uts");
    let Some(step) = record.steps.iter_mut().find(|s| s.id == "rename" && !s.verdicts.is_empty()) else {
        skip(&test(), "uts was not run here");
        return;
    };
    step.status = Status::Failed;
    step.verdicts[0].status = Status::Failed;
    let Judged::Expectation(judged) = &mut step.verdicts[0].judged else { panic!("{:?}", step.verdicts[0]) };
    judged.actual = Actual::Reading(Reading::Fact(Fact::text("no|bird")));
    let text = made(&lesson, &record, &header);
    assert!(text.contains("✗ box-name is bird: expected bird, actual no\\|bird, from "), "{text}");
    let part = &text[text.find("## 2.").expect("the step")..text.find("## 3.").expect("the next one")];
    assert!(part.contains("Checks: **✗ failed**") && !part.contains("**Answer:**"), "{part}");
}

#[test]
fn commands_are_there_whatever_the_run_said() {
    let (lesson, mut record, header) = run("uts");
    record.steps.iter_mut().for_each(|step| step.status = Status::Failed);
    let text = made(&lesson, &record, &header);
    let here = variant(&header);
    let filled = |text: &str| fill(text, &lesson.params, &here);
    let docker: Vec<&str> = lesson.steps.iter().filter_map(|step| step.docker.as_deref()).collect();
    assert!(!docker.is_empty());
    for command in docker.into_iter().map(filled) {
        assert!(text.contains(&format!("With Docker:\n\n```sh\n{command}\n")), "{command}\n{text}");
    }
    for step in &lesson.steps {
        for commands in [&step.by_hand, &step.solution].into_iter().flatten().filter_map(|c| c.here(&here)) {
            let commands = filled(commands);
            assert!(text.contains(&format!("```sh\n{}\n```", commands.trim_end())), "{commands}\n{text}");
        }
    }
}

#[test]
fn a_worksheet_has_room_for_the_guess_and_tells_nothing_that_came_after() {
    for id in ["uts", "user", "mount", "cgroup-memory"] {
        let (lesson, mut record, header) = run(id);
        let here = variant(&header);
        let marked = Reading::Fact(Fact::text("read-afterwards"));
        for step in &mut record.steps {
            for readout in &mut step.readouts {
                readout.after = marked.clone();
                readout.peak = readout.peak.as_ref().map(|_| marked.clone());
            }
        }
        let text = plain(&edition(Edition::Worksheet, &lesson, &record, &header));
        for told in ["read-afterwards", "**Answer:**", "Checks:", "✓", "fails on purpose", "With Docker"] {
            assert!(!text.contains(told), "{id}: {told}\n{text}");
        }
        for call in record.steps.iter().flat_map(|step| &step.actions).flat_map(ActorCalls::actor_calls) {
            assert!(!text.contains(&plain(&call)), "{id}: {call}\n{text}");
        }
        for step in lesson.steps.iter().filter(|step| here.meets(step.when.as_ref())) {
            let from = text.find(&format!(". {}\n", step.title)).expect(&step.title);
            let part = text[from..].split("\n## ").next().unwrap_or_default();
            let options = step.predict.iter().flat_map(|predict| predict.options.values());
            let boxes = options.clone().count();
            assert_eq!(part.matches("\n- ☐ ").count(), boxes, "{id} {}\n{part}", step.id);
            assert_eq!(part.contains("\nBecause: ____"), boxes > 0, "{id} {}\n{part}", step.id);
            let told = [step.why.as_ref().and_then(|why| why.here(&here)), step.myth.as_ref()];
            for told in told.into_iter().flatten() {
                let line = told.lines().next().unwrap_or_default();
                assert!(!part.contains(line), "{id} {}: {line}\n{part}", step.id);
            }
            let declared = step.actions.iter().filter_map(|a| a.modifiers.fails.as_ref()?.here(&here));
            for error in declared.flat_map(|failing| failing.0.0.iter().map(ToString::to_string)) {
                let calls = part.split("\nCalls:\n").nth(1).unwrap_or_default();
                let calls = calls.split("\nBefore and after:").next().unwrap_or_default();
                assert!(!calls.contains(&error), "{id} {}: {error}\n{part}", step.id);
            }
        }
    }
}

#[test]
fn a_worksheet_of_a_script_leaves_the_same_out() {
    let (code, text) = isolab(&["--lessons", LESSONS, "render", &script_file("good"), "--worksheet"]);
    let (rehearsed, _) = isolab(&["--lessons", LESSONS, "demo", &script_file("good"), "--rehearse"]);
    assert_eq!(code, rehearsed);
    assert!(text.contains("Name: ____"), "{text}");
    for told in ["**Answer:**", "Checks:", "✓", "Waited for after it"] {
        assert!(!text.contains(told), "{told}\n{text}");
    }
}

#[test]
fn a_page_for_browsers_has_what_the_text_has() {
    let (checked, _) = isolab(&["check", "uts"]);
    let (code, page) = isolab(&["render", "uts", "--format", "html"]);
    assert_eq!(code, checked);
    assert!(page.starts_with("<!DOCTYPE html>\n") && page.ends_with("</html>\n"), "{page}");
    assert_eq!(page.matches("<h2>").count(), 5, "{page}");
    assert!(!page.contains("src=") && !page.contains("<script"), "{page}");
    if blocked_here().is_none() {
        assert!(page.contains("<td>box-name</td><td>box</td>"), "{page}");
    }
}

#[test]
fn the_command_writes_it_and_ends_as_a_check_does() {
    let (checked, _) = isolab(&["check", "uts"]);
    let (code, text) = isolab(&["render", "uts"]);
    assert_eq!(code, checked);
    assert!(text.starts_with("# A hostname of one's own\n"), "{text}");
    assert_eq!(text.matches("\n## ").count(), 5, "{text}");
    let file = std::env::temp_dir().join(format!("render-{}.md", std::process::id()));
    let (code, printed) = isolab(&["render", "uts", "--output", file.to_str().expect("UTF-8")]);
    let written = std::fs::read_to_string(&file).expect("the handout");
    std::fs::remove_file(file).expect("a file of this test");
    assert_eq!((code, printed.as_str()), (checked, ""));
    assert_eq!(written.lines().count(), text.lines().count());
    assert_eq!(isolab(&["render", "nosuch"]).0, 2);
}

const TALK: &str = "\
demo: 1
id: talk
title: A talk
summary: A card, a step that is typed, and what is told in its place.
chapters:
  - title: Names
    entries:
      - card: |
          # Who is who

          Read this.
        notes: |
          ## Greet them
        takes: 10s
        pace: { after: 5s }
      - lesson: asked
        set: { limit: 35% }
        typed: true
        emphasis: { readout: name, zoom: true }
        notes: Wait for hands.
        takes: 80s
        fallback: words
  - title: Waiting
    entries:
      - lesson: asked
        steps: rename
        pace: { when: { name: { is: owl }, within: 20s } }
        takes: 30s
reserve:
  - id: words
    card: |
      Told, not shown: {why}.
    takes: 20s
";

const ASKED: &str = "\
format: 1
id: asked
title: A name
summary: One step with a question.
minutes: 1
needs: [{ program: no-such-program-anywhere }]
params:
  limit: { ask: The limit, default: 20%, min: 5%, max: 90% }
boxes:
  box: {}
readouts:
  name: { box: hostname }
steps:
  - id: rename
    title: Another name
    text: |
      Nobody else sees it.
    predict:
      ask: What is the box called?
      options:
        same: As before.
        new: owl, at {$limit}
      answer: new
    given:
      - { box: { unshare: [uts] } }
    try: |
      hostname owl
    do:
      - { box: { sethostname: owl } }
    expect:
      - { name: { is: $limit } }
    notes: |
      The host keeps its own name; the limit is {$limit}.
";

const TALK_NOTES: &str = "\
## 1. Names

From 0:00 to 1:30: 1:30.

### 0:00 – Who is who

- Takes: 0:10
- Pace: goes on by itself after 5 s

**Notes**

#### Greet them

**On the card**

> ### Who is who
>
> Read this.

### 0:10 – A name (limit = 35%)

- Takes: 1:20
- Pace: you press Space
- Emphasis: name, on the whole screen
- If it is blocked: Told, not shown:

**Notes**

Wait for hands.

#### Step 1. Another name

**The lesson's notes**

The host keeps its own name; the limit is 35%.

**Typed into the box's shell**

```sh
hostname owl
```

**Question:** What is the box called?

- As before.
- owl, at 35%

**Answer:** owl, at 35%

## 2. Waiting

From 1:30 to 2:00: 0:30.

### 1:30 – A name

- Takes: 0:30
- Pace: goes on by itself as soon as name is owl (becomes true within 20 s)

#### Step 1. Another name

**The lesson's notes**

The host keeps its own name; the limit is 20%.

**Question:** What is the box called?

- As before.
- owl, at 20%

**Answer:** owl, at 20%

## Fallbacks

Played only in the place of what is blocked.

### Told, not shown:

- Takes: 0:20
- Pace: you press Space

**On the card**

> Told, not shown: (the reason).
";

/// A lesson that is blocked everywhere, so the exit code also tells that nothing was run.
#[test]
fn the_instructor_s_notes_of_a_script_are_made_without_a_run() {
    let directory = std::env::temp_dir().join(format!("render-{}-notes", std::process::id()));
    let lessons = directory.join("lessons");
    std::fs::create_dir_all(&lessons).expect("a directory of this test");
    std::fs::write(lessons.join("asked.yaml"), ASKED).expect("a file");
    let script = directory.join("talk.yaml");
    std::fs::write(&script, TALK).expect("a file");
    let (lessons, script) = (lessons.to_str().expect("UTF-8"), script.to_str().expect("UTF-8"));
    let (code, text) = isolab(&["--lessons", lessons, "render", script, "--notes"]);
    let (html_code, html) = isolab(&["--lessons", lessons, "render", script, "--notes", "--format", "html"]);
    std::fs::remove_dir_all(&directory).expect("a directory of this test");
    let (head, rest) = text.split_at(text.find("## 1.").unwrap_or(text.len()));
    assert_eq!((code, html_code), (0, 0), "{text}");
    assert!(head.starts_with("# A talk\n\n") && head.contains("should take 2:00;"), "{head}");
    assert_eq!(rest, TALK_NOTES, "{text}");
    for part in [
        "<h1>A talk</h1>",
        "<strong>Answer:</strong> owl, at 35%",
        "<code class=\"language-sh\">hostname owl\n",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

#[test]
fn notes_are_of_a_script_and_no_worksheet() {
    let said = |arguments: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_isolab")).args(arguments).output().expect("isolab");
        assert_eq!((run.status.code(), run.stdout.as_slice()), (Some(2), &b""[..]), "{arguments:?}");
        String::from_utf8(run.stderr).expect("UTF-8")
    };
    let lesson = said(&["render", "uts", "--notes"]);
    assert!(lesson.contains("for a lesson: isolab show uts --answers --notes"), "{lesson}");
    let both = said(&["render", "fifteen-minutes", "--notes", "--worksheet"]);
    assert!(both.contains("cannot be used with"), "{both}");
}
