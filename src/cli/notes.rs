//! `isolab notes`: the instructor's page of a demo that runs in another terminal.

use super::args::{Global, Notes};
use super::console::{complain, print};
use super::{exit, lab, learn};
use crate::demo::NotesPage;
use crate::demo::notes::{Base, Client, Demo, Heard, News, demos, follow};
use crate::present::plain::one_line;
use crate::tui::app::End;
use crate::tui::notes::{self, Input, NotesState, clock, lines};
use crate::tui::theme::{Depth, Theme, ThemeKind};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Columns of the output where there is no terminal.
const COLUMNS: u16 = 100;
/// How long to wait for a page before looking for signals again.
const TURN: Duration = Duration::from_secs(1);

/// Shows what an instructor sees and the room does not.
pub fn run(global: &Global, asked: &Notes) -> u8 {
    let told = std::env::var("ISOLAB_THEME").ok();
    let kind = match learn::theme(global, asked.theme, told.as_deref()) {
        Ok(kind) => kind,
        Err(code) => return code,
    };
    let on_a_screen = super::console::no_terminal().is_none();
    let there = demos(&Base::all());
    let chosen = match choose(&there, asked.pid, on_a_screen) {
        Ok(chosen) => chosen,
        Err(what) => {
            complain(&what);
            return exit::USAGE;
        }
    };
    match (on_a_screen, chosen) {
        (true, _) => screen(lab::theme(global.color, kind), asked.pid),
        (false, Some(demo)) => log(demo),
        (false, None) => exit::USAGE,
    }
}

/// The chosen demo; `None`: the first one to start. Without a screen, nothing is waited for.
fn choose(there: &[Demo], pid: Option<u32>, waits: bool) -> Result<Option<&Demo>, String> {
    let list = || {
        let line = |demo: &Demo| format!("\n  {}", one_line(&demo.line()));
        there.iter().map(line).collect::<String>()
    };
    match (pid, there) {
        (None, []) if waits => Ok(None),
        (None, []) => Err(format!("you have no demo running{}", elsewhere())),
        (None, [only]) => Ok(Some(only)),
        (None, _) => Err(format!("you have several demos running; choose one:{}", list())),
        (Some(pid), _) => match there.iter().find(|demo| demo.pid == pid) {
            Some(demo) => Ok(Some(demo)),
            None if there.is_empty() => Err(format!("you have no demo {pid} running{}", elsewhere())),
            None => Err(format!("you have no demo {pid} running; there are:{}", list())),
        },
    }
}

/// Where the demo of the same person may be: its socket is that of the user as whom it runs.
fn elsewhere() -> &'static str {
    match (rustix::process::geteuid().is_root(), std::env::var_os("SUDO_UID").is_some()) {
        (true, true) => "; for a demo that was not started with sudo, leave sudo out here, too",
        (true, false) => "",
        (false, _) => "; for a demo that was started with sudo, use `sudo isolab notes`",
    }
}

fn screen(theme: Theme, pid: Option<u32>) -> u8 {
    let (sender, inbox) = mpsc::channel::<Input>();
    let news = sender.clone();
    let follows = std::thread::Builder::new().name("notes".to_owned()).spawn(move || {
        follow(&Base::all(), pid, &mut |heard: News| news.send(Input::News(heard)).is_ok());
    });
    if let Err(e) = follows {
        complain(&format!("start a thread: {e}"));
        return exit::USAGE;
    }
    let mut state = NotesState::new(theme, Instant::now());
    match notes::run(&mut state, &inbox, &sender) {
        Err(e) => {
            complain(&format!("take the terminal: {e}"));
            exit::USAGE
        }
        Ok(End::Deaf(why)) => {
            complain(&why);
            exit::USAGE
        }
        Ok(End::Signal(number)) => 128 + u8::try_from(number).unwrap_or(0),
        Ok(End::Quit) => exit::PASSED,
    }
}

/// Writes each page as text, until the show is over.
fn log(demo: &Demo) -> u8 {
    let mut client = match Client::attach(demo) {
        Ok(client) => client,
        Err(e) => {
            complain(&e.to_string());
            return exit::USAGE;
        }
    };
    loop {
        match client.next(TURN) {
            Heard::Nothing => {}
            Heard::Page(page) => {
                let code = print(&text(&page));
                if code != exit::PASSED {
                    return code;
                }
            }
            Heard::Over => return exit::PASSED,
            Heard::Lost(why) => {
                complain(&why);
                return exit::USAGE;
            }
        }
    }
}

fn text(page: &NotesPage) -> String {
    let theme = Theme { depth: Depth::None, kind: ThemeKind::default() };
    let over = if page.over { " · the show is over" } else { "" };
    let numbers = notes::parts::numbers(page);
    let place = notes::parts::place(page, theme, COLUMNS);
    let mut out = format!("--- {} · {numbers} · {place}{over}\n", clock::time(page.spent_ms));
    for line in lines(page, theme, COLUMNS) {
        out.extend([line.to_string().trim_end(), "\n"]);
    }
    out + "\n"
}
