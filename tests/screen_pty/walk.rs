//! Every lesson from its place in the list to its summary, by keys and nothing else.

use crate::common::{self, User, skip};
use crate::lab::{Home, ROOMY, SMALL, Screen};
use isolab::vocabulary::whole::Level;
use isolab::vocabulary::{Lesson, Step};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Those that measure shares of a CPU take turns: together they would measure each other.
static MEASURING: Mutex<()> = Mutex::new(());

/// Waits until nobody else measures.
pub fn measuring() -> std::sync::MutexGuard<'static, ()> {
    MEASURING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lesson(id: &str) -> (usize, Lesson) {
    let all = common::built_in().into_iter().enumerate();
    all.into_iter().find(|(_, l)| l.id == id).expect("a built-in lesson")
}

/// Puts the cursor on a lesson and opens it: every second one by a filter, the others by moving there.
fn open(screen: &Screen, at: usize, id: &str) {
    let cursor = |screen: &Screen| {
        let all = screen.screen();
        let row = all.lines().find(|l| l.contains('▸')).map(str::to_owned);
        row.unwrap_or_default().split_whitespace().any(|word| word == id)
    };
    if at.is_multiple_of(2) {
        screen.keys(&format!("/{id}"));
        screen.wait_for(&format!("/{id}▏"));
        screen.keys("<enter>");
        screen.wait_footer(&["Enter open"]);
        // The filter looks into titles as well.
        for _ in 0..at {
            if cursor(screen) {
                break;
            }
            let before = screen.screen();
            screen.keys("<down>");
            screen.wait_until("the cursor moves", |s| crate::pty::text(s) != before);
        }
    } else {
        screen.keys("<end>");
        screen.keys("g");
        screen.keys(&"j".repeat(at));
    }
    screen.wait_until(&format!("the cursor on {id}"), |s| {
        let all = crate::pty::text(s);
        let row = all.lines().find(|l| l.contains('▸')).unwrap_or_default();
        row.split_whitespace().any(|word| word == id)
    });
    screen.keys("<enter>");
    screen.wait_step(1);
}

/// Goes through the basic steps to the summary; gives how many were gone through.
fn to_the_summary(screen: &Screen, lesson: &Lesson) -> usize {
    let basic: Vec<usize> =
        (1..=lesson.steps.len()).filter(|i| lesson.steps[i - 1].level != Some(Level::Deeper)).collect();
    for (n, index) in basic.iter().enumerate() {
        screen.wait_step(*index);
        screen.wait_footer(&["Enter run it"]);
        screen.keys(if lesson.steps[index - 1].predict.is_some() { "1<enter>" } else { "<enter>" });
        // The last basic step of a lesson with deeper ones says "next" and means the summary.
        let last = n + 1 == basic.len();
        screen.wait_footer(&["Enter next", "Enter summary"]);
        screen.wait_step(*index);
        screen.go_on();
        if last {
            screen.wait_footer(&["Enter next lesson", "Enter lessons"]);
        }
    }
    basic.len()
}

fn walk(user: User, id: &str, size: (u16, u16)) {
    let home = Home::new(user);
    if let Some(reason) = home.blocked(id) {
        return skip(&format!("the walk through {id}"), &reason);
    }
    let (at, lesson) = lesson(id);
    let _turn = (id == "cgroup-cpu").then(measuring);
    let screen = home.start(size, &[]);
    screen.wait_home();
    open(&screen, at, id);
    let basic = to_the_summary(&screen, &lesson);
    let summary = screen.screen();
    let basics = || lesson.steps.iter().filter(|s| s.level != Some(Level::Deeper));
    let row = |step: &str| {
        let row = summary.lines().find(|l| l.contains(step));
        row.unwrap_or_else(|| panic!("no {step} in\n{summary}"))
    };
    let passed: Vec<_> = basics().filter(|s| row(&s.title).contains("● ")).collect();
    for step in basics() {
        // Other kinds of machines, and the load of this one: nothing else excuses a step.
        let row = row(&step.title);
        let excused = row.contains("– not here") && step.when.is_some()
            || row.contains("⊘ blocked") && (!step.needs.is_empty() || id == "cgroup-cpu");
        let is_passed = passed.iter().any(|s| s.id == step.id);
        assert!(is_passed != excused, "{id}:{} in\n{summary}", step.id);
    }
    // Home says the same, and so do the file and the command line.
    let count = format!("{}/{}", passed.len(), lesson.steps.len());
    // The list counts only steps that there are on such a machine.
    let listed = format!(" {}/", passed.len());
    let finished = passed.len() == basic;
    screen.keys("<esc>");
    screen.wait_until("the progress in the list", |s| {
        let all = crate::pty::text(s);
        let row = all.lines().find(|l| l.contains('▸')).unwrap_or_default();
        row.contains(if finished { "▸ ● " } else { "▸ ◐ " }) && row.contains(&listed) && row.contains(id)
    });
    screen.quit();
    let progress = home.progress();
    let done = progress.lesson(id).expect("progress of the lesson");
    let ids: BTreeSet<&String> = passed.iter().map(|s| &s.id).collect();
    assert_eq!(done.steps.keys().collect::<BTreeSet<_>>(), ids);
    assert_eq!(done.finished_at.is_some(), finished);
    // What was done and could not be measured is answered, too.
    let spoilt = |s: &&Step| row(&s.title).contains("⊘ blocked") && s.needs.is_empty();
    let asked = |s: &&Step| s.predict.is_some();
    let answered =
        passed.iter().copied().filter(asked).count() + basics().filter(spoilt).filter(asked).count();
    let guesses = format!("{} of {answered} right", done.guesses().0);
    assert_eq!(done.predictions.len(), answered, "{done:?}");
    assert!(summary.contains(&format!("Your guesses: {guesses}")), "{guesses} in\n{summary}");
    let (code, table, said) = home.run(&["progress"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let row = table.lines().find(|l| l.starts_with(&format!("{id} "))).expect("a row");
    let wanted = [count.as_str(), &guesses, if finished { "✓ finished" } else { "at " }];
    assert!(wanted.iter().all(|w| row.contains(w)), "{wanted:?} in {row}");
}

macro_rules! walks {
    ($($name:ident: $user:expr, $id:expr, $size:expr;)*) => { $(
        #[test]
        fn $name() {
            on_a_terminal!();
            if $user == User::Nobody && !common::is_root() {
                return skip(stringify!($name), "only root can start the program as another user");
            }
            walk($user, $id, $size);
        }
    )* };
}

// The long one first, so that the others are done beside it.
walks! {
    a_walk_through_cgroup_cpu: User::Same, "cgroup-cpu", SMALL;
    a_walk_through_cgroup_memory: User::Same, "cgroup-memory", SMALL;
    a_walk_through_mount: User::Same, "mount", SMALL;
    a_walk_through_net: User::Same, "net", SMALL;
    a_walk_through_net_in_all_panes: User::Same, "net", ROOMY;
    a_walk_through_overlay: User::Same, "overlay", SMALL;
    a_walk_through_overlay_in_all_panes: User::Same, "overlay", ROOMY;
    a_walk_through_pid: User::Same, "pid", SMALL;
    a_walk_through_user: User::Same, "user", SMALL;
    a_walk_through_uts: User::Same, "uts", SMALL;
    a_walk_through_vxlan: User::Same, "vxlan", SMALL;
    a_walk_of_an_ordinary_user_through_mount: User::Nobody, "mount", SMALL;
    a_walk_of_an_ordinary_user_through_net: User::Nobody, "net", SMALL;
    a_walk_of_an_ordinary_user_through_overlay: User::Nobody, "overlay", SMALL;
    a_walk_of_an_ordinary_user_through_pid: User::Nobody, "pid", SMALL;
    a_walk_of_an_ordinary_user_through_user: User::Nobody, "user", SMALL;
    a_walk_of_an_ordinary_user_through_uts: User::Nobody, "uts", SMALL;
    a_walk_of_an_ordinary_user_through_vxlan: User::Nobody, "vxlan", SMALL;
}
