//! A program on a terminal: started in a real pseudo-terminal, its output drawn on a screen that can be read, keys typed, its size changed.
//!
//! The program is not the leader of the session but the foreground job of a shell (`JOB`), as it is for people: when a session leader ends, the
//! kernel hangs the terminal up and resets its modes (`disassociate_ctty`, `TTY_DRIVER_RESET_TERMIOS`), and a program that leaves it raw would go
//! unnoticed. A shell is also who stops and continues a job at Ctrl-Z. This file names nothing of the program under test: a bench uses it, too.

#![allow(dead_code)]

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use rustix::termios::{Winsize, tcsetwinsize};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tui_term::vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

/// Runs a program as its foreground job, and continues it when told. For `dash`: without somebody who types, `bash` does not put its jobs into the
/// foreground. Its standard output is a socket to the harness: out go `pid N`, right before the program is executed, and `end STATUS` when it has
/// ended or stopped; in comes a line for each `fg`.
const JOB: &str = r#"
trap : INT # a shell takes the end of its job by Ctrl-C for its own
exec 3>&1 1>&2 2>/dev/null
set -m
sh -c 'echo "pid $$" >&3; exec "$@" 2>&1 3>&-' sh "$@"
echo "end $?" >&3
while read -r _ <&3; do
    fg >/dev/null
    echo "end $?" >&3
done
"#;

/// What this harness and its tests start: programs of util-linux, and the shell.
const NEEDED: [&str; 4] = ["setsid", "setpriv", "unshare", "dash"];

/// Leaves a test that needs a terminal where none can be had, and says so; to stand at its beginning.
#[allow(unused_macros)]
macro_rules! on_a_terminal {
    () => {
        if let Some(missing) = crate::pty::missing() {
            return crate::pty::skip(missing);
        }
    };
}

/// The first program that is needed and is not in PATH.
pub fn missing() -> Option<&'static str> {
    NEEDED.into_iter().find(|program| which::which(program).is_err())
}

/// Past the harness, which keeps what a passing test prints to itself.
pub fn skip(missing: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {missing} is not in PATH");
}

/// Nothing takes longer, however busy the machine is.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// What the terminal is told to be, beyond its screen.
#[derive(Default)]
struct Answers {
    /// To be typed by the terminal.
    replies: Vec<u8>,
    /// Private modes that are on and that the parser does not know: 1004 is focus, [`SYNCHRONISED`] another.
    modes: BTreeSet<u16>,
    /// Pushed keyboard flags (kitty's protocol).
    keyboard: usize,
    /// How often [`MARK`] was read.
    marks: u64,
}

/// The private mode that is on while a frame is being written.
const SYNCHRONISED: u16 = 2026;

/// Written behind a program's last output: when it is read, so is all of that. No terminal knows such a command.
const MARK: &str = "\x1b]7777\x07";

impl Callbacks for Answers {
    /// Queries, answered as a plain terminal does, so that whoever asks does not wait (`ctlseqs.txt` of xterm).
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        let param = params.first().and_then(|p| p.first()).copied().unwrap_or(0);
        let (row, column) = screen.cursor_position();
        let (rows, columns) = screen.size();
        let reply = match (first, second, c) {
            (None, None, 'c') => "\x1b[?62;22c".to_owned(),
            (Some(b'>'), None, 'c') => "\x1b[>0;0;0c".to_owned(),
            (None, None, 'n') if param == 5 => "\x1b[0n".to_owned(),
            (None, None, 'n') if param == 6 => format!("\x1b[{};{}R", row + 1, column + 1),
            (Some(b'?'), None, 'u') => "\x1b[?0u".to_owned(),
            // "Not recognised": this terminal has none of the modes that one asks for.
            (Some(b'?'), Some(b'$'), 'p') => format!("\x1b[?{param};0$y"),
            (None, None, 't') if param == 18 => format!("\x1b[8;{rows};{columns}t"),
            (Some(b'?'), None, 'h') => {
                self.modes.extend(params.iter().filter_map(|p| p.first()));
                return;
            }
            (Some(b'?'), None, 'l') => {
                for mode in params.iter().filter_map(|p| p.first()) {
                    self.modes.remove(mode);
                }
                return;
            }
            (Some(b'>'), None, 'u') => {
                self.keyboard += 1;
                return;
            }
            (Some(b'<'), None, 'u') => {
                self.keyboard = self.keyboard.saturating_sub(usize::from(param.max(1)));
                return;
            }
            _ => return,
        };
        self.replies.extend(reply.bytes());
    }

    fn unhandled_osc(&mut self, _: &mut Screen, params: &[&[u8]]) {
        // Foreground and background: light on dark.
        let colour = match params {
            [b"10", b"?"] => "\x1b]10;rgb:e0e0/e0e0/e0e0\x1b\\",
            [b"7777"] => {
                self.marks += 1;
                return;
            }
            [b"11", b"?"] => "\x1b]11;rgb:1010/1010/1010\x1b\\",
            _ => return,
        };
        self.replies.extend(colour.bytes());
    }
}

/// A piece of output.
#[derive(Debug, Clone, Copy)]
pub struct Chunk {
    /// When it was read.
    pub at: Instant,
    /// Its bytes.
    pub len: usize,
    /// Whether it changed the screen.
    pub changed: bool,
}

struct Shared {
    parser: Parser<Answers>,
    /// All output, in bytes.
    read: u64,
    /// When the last came.
    last: Instant,
    /// What came, when it is asked for.
    chunks: Option<Vec<Chunk>>,
    /// What the job's shell reported, and nobody has taken yet.
    reports: Vec<String>,
    /// When the program was about to be executed.
    executed: Option<Instant>,
    /// The terminal has been hung up.
    closed: bool,
}

impl Shared {
    /// What is on the screen, unless a synchronised update is half read.
    fn frame(&self) -> Option<&Screen> {
        (!self.parser.callbacks().modes.contains(&SYNCHRONISED)).then(|| self.parser.screen())
    }
}

/// What a program must leave as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // they are modes, each on or off
pub struct TerminalState {
    /// Line discipline: echo, canonical mode, special characters.
    pub termios: Termios,
    /// The alternate screen is shown.
    pub alternate_screen: bool,
    /// The cursor is seen.
    pub cursor_visible: bool,
    /// Keys of the cursor or the keypad send application codes.
    pub application_keys: bool,
    /// What is pasted comes in brackets.
    pub bracketed_paste: bool,
    /// Mouse reports, `None` without them.
    pub mouse: String,
    /// Other private modes that were set and not reset.
    pub modes: BTreeSet<u16>,
    /// Keyboard flags that were pushed and not popped.
    pub keyboard: usize,
}

/// A program on a terminal. It is killed when this is dropped.
pub struct Pty {
    master: Arc<File>,
    /// Kept open, so that the terminal lives as long as this.
    slave: File,
    shared: Arc<(Mutex<Shared>, Condvar)>,
    job: UnixStream,
    /// Closed, the screen is read no more.
    stop: UnixStream,
    shell: Child,
    pid: i32,
    before: TerminalState,
    readers: Vec<JoinHandle<()>>,
}

impl Pty {
    /// Starts a program on a terminal of so many columns and rows. `with` adds arguments, environment, working directory or user to the command.
    /// `TERM` is `xterm-256color`; variables that would change colours, sizes or places are not inherited.
    pub fn start(size: (u16, u16), program: impl AsRef<OsStr>, with: impl FnOnce(&mut Command)) -> Pty {
        let mut pty = Self::launch(size, |command, reports| {
            command.args(["--ctty", "dash", "-c", JOB, "job"]).arg(program).stdout(reports);
            with(command);
        });
        let report = pty.report("pid ", DEADLINE);
        pty.pid = report.parse().expect("a process number");
        pty
    }

    /// The same with a program that leads the terminal's session and has its jobs itself: a shell. Its end, stops and `fg` are not this harness's.
    pub fn start_leader(
        size: (u16, u16),
        program: impl AsRef<OsStr>,
        with: impl FnOnce(&mut Command),
    ) -> Pty {
        let mut pty = Self::launch(size, |command, _| {
            command.arg("--ctty").arg(program);
            with(command);
        });
        // A child that leads no process group yet becomes leader itself, without another fork (`setsid(1)`).
        pty.pid = pty.shell.id().try_into().expect("a process number");
        pty
    }

    fn launch(size: (u16, u16), with: impl FnOnce(&mut Command, OwnedFd)) -> Pty {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("the terminal's other end");
        let name = ptsname_r(&master).expect("ptsname");
        let slave = File::options()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NOCTTY.bits())
            .open(name)
            .expect("open the terminal");
        let master = Arc::new(File::from(OwnedFd::from(master)));
        set_size(&master, size);
        let (job, theirs) = UnixStream::pair().expect("a socket");
        let tty = || Stdio::from(slave.try_clone().expect("dup"));
        let mut command = Command::new("setsid");
        command.stdin(tty()).stdout(tty()).stderr(tty());
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        for name in ["COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "XDG_STATE_HOME", "SUDO_UID", "SUDO_GID"] {
            command.env_remove(name);
        }
        with(&mut command, theirs.into());
        let parser = Parser::new_with_callbacks(size.1, size.0, 0, Answers::default());
        let state = Shared {
            parser,
            read: 0,
            last: Instant::now(),
            chunks: None,
            reports: Vec::new(),
            executed: None,
            closed: false,
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let before = terminal_state(&master, &lock(&shared));
        let shell = command.spawn().expect("setsid of util-linux, and dash");
        drop(command);
        let reports = job.try_clone().expect("dup");
        let (stop, stopped) = UnixStream::pair().expect("a socket");
        let readers = vec![
            std::thread::spawn({
                let (master, shared) = (master.clone(), shared.clone());
                move || read_screen(&master, &shared, &stopped)
            }),
            std::thread::spawn({
                let shared = shared.clone();
                move || read_reports(reports, &shared)
            }),
        ];
        Pty { master, slave, shared, job, stop, shell, pid: 0, before, readers }
    }

    /// The program's process number.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// When the program was about to be executed.
    pub fn executed(&self) -> Instant {
        self.lock().executed.expect("it was waited for")
    }

    /// The screen as text, a line for each row, without spaces at their ends.
    pub fn screen(&self) -> String {
        self.look(text)
    }

    /// Looks at the screen with its colours and its cursor. A frame that is half read is waited for, but not long: its program may have been killed.
    pub fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        self.wait(DEADLINE / 12, |shared| shared.frame().map(|_| ()));
        look(self.lock().parser.screen())
    }

    /// Waits until the text is on the screen. Fails with the screen.
    pub fn wait_for(&self, wanted: &str) {
        self.wait_until(&format!("`{wanted}`"), |screen| text(screen).contains(wanted));
    }

    /// Waits until the text is no longer on the screen.
    pub fn wait_gone(&self, unwanted: &str) {
        self.wait_until(&format!("no `{unwanted}`"), |screen| !text(screen).contains(unwanted));
    }

    /// Waits until the screen is as wanted; looked at after each piece of output, at most for [`DEADLINE`]. Fails with the screen.
    pub fn wait_until(&self, wanted: &str, is: impl FnMut(&Screen) -> bool) {
        self.wait_within(DEADLINE, wanted, is);
    }

    /// The same with another deadline.
    pub fn wait_within(&self, at_most: Duration, wanted: &str, mut is: impl FnMut(&Screen) -> bool) {
        let there = self.wait(at_most, |shared| shared.frame().is_some_and(&mut is).then_some(()));
        assert!(there.is_some(), "waited for {wanted} in {at_most:?}; on the screen was{}", self.framed());
    }

    /// Whether the screen becomes as wanted in this time, and before the program ends.
    pub fn shows(&self, at_most: Duration, mut is: impl FnMut(&Screen) -> bool) -> bool {
        let ended = |shared: &Shared| shared.reports.iter().any(|r| r.starts_with("end "));
        let found = self.wait(at_most, |shared| {
            let there = shared.frame().is_some_and(&mut is);
            (there || ended(shared)).then_some(there)
        });
        if found == Some(false) {
            self.drain();
        }
        found.unwrap_or(false)
    }

    /// Waits until nothing has been written for a time; gives when the last was.
    pub fn wait_quiet(&self, quiet: Duration) -> Instant {
        let until = Instant::now() + DEADLINE;
        let mut state = self.lock();
        loop {
            let Some(left) = quiet.checked_sub(state.last.elapsed()).filter(|left| !left.is_zero()) else {
                return state.last;
            };
            let frame = text(state.parser.screen());
            assert!(Instant::now() < until, "it is never quiet for {quiet:?}; on the screen was\n{frame}");
            let wait = self.shared.1.wait_timeout(state, left);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Types. Names in angle brackets are keys: `<enter>`, `<esc>`, `<tab>`, `<backtab>`, `<space>`, `<backspace>`, `<up>` …, `<home>`, `<end>`,
    /// `<pageup>`, `<pagedown>`, `<insert>`, `<delete>`, `<f1>` to `<f12>`, `<ctrl-c>`, `<alt-x>`, and `<lt>` for `<` itself.
    pub fn keys(&self, keys: &str) {
        let application = self.lock().parser.screen().application_cursor();
        self.bytes(&encode(keys, application));
    }

    /// Types these bytes.
    pub fn bytes(&self, bytes: &[u8]) {
        (&*self.master).write_all(bytes).expect("the terminal takes what is typed");
    }

    /// Makes the terminal another size; the kernel tells the foreground job.
    pub fn resize(&self, columns: u16, rows: u16) {
        // What still comes was drawn for the old size, as in a terminal emulator.
        let mut state = self.lock();
        state.parser.screen_mut().set_size(rows, columns);
        set_size(&self.master, (columns, rows));
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid), signal).expect("the program is there");
    }

    /// The terminal as it is now.
    pub fn terminal_state(&self) -> TerminalState {
        terminal_state(&self.master, &self.lock())
    }

    /// The terminal as it was before the program began.
    pub fn state_before(&self) -> &TerminalState {
        &self.before
    }

    /// Fails unless the terminal is as it was before the program began.
    pub fn assert_restored(&self) {
        assert_eq!(self.terminal_state(), self.before, "the terminal is not restored{}", self.framed());
    }

    /// Waits for the program's end; gives its exit code, or 128 and the number of the signal that ended it. Fails with the screen.
    pub fn wait_exit(&self) -> i32 {
        self.wait_exit_within(DEADLINE)
    }

    /// The same with another deadline.
    pub fn wait_exit_within(&self, at_most: Duration) -> i32 {
        let status = self.report("end ", at_most).parse().expect("a status");
        self.drain();
        assert!(!self.is_stopped(), "it has stopped with {status} and not ended{}", self.framed());
        status
    }

    /// Waits until the program has stopped (Ctrl-Z).
    pub fn wait_stop(&self) {
        let status = self.report("end ", DEADLINE);
        self.drain();
        assert!(self.is_stopped(), "it has ended with {status} and not stopped{}", self.framed());
    }

    /// Continues a stopped program in the foreground, as `fg` of a shell.
    pub fn foreground(&self) {
        (&self.job).write_all(b"fg\n").expect("the shell is there");
    }

    /// Ends the program by SIGTERM, so that it can undo what it has made, and waits for that. Who does not listen is killed.
    pub fn end(self) {
        if !self.ended() {
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGTERM);
            self.wait(DEADLINE / 6, |shared| {
                shared.reports.iter().any(|r| r.starts_with("end ")).then_some(())
            });
        }
    }

    /// Closes the terminal as an emulator does whose window is closed: the kernel hangs up (`tty_ioctl(4)`, SIGHUP), and what is read or written
    /// fails. There is nothing to be read from it any more.
    pub fn hang_up(&mut self) {
        let _ = self.stop.shutdown(std::net::Shutdown::Both);
        let _ = self.readers.remove(0).join();
        let nothing = || File::options().read(true).write(true).open("/dev/null").expect("/dev/null");
        (self.master, self.slave) = (Arc::new(nothing()), nothing());
    }

    /// Whether the program has ended.
    pub fn ended(&self) -> bool {
        !Path::new(&format!("/proc/{}", self.pid)).exists()
    }

    /// Waits until all that was written so far has been read.
    fn drain(&self) {
        let wanted = self.lock().parser.callbacks().marks + 1;
        (&self.slave).write_all(MARK.as_bytes()).expect("the terminal is there");
        let drained = self.wait(DEADLINE, |shared| {
            (shared.parser.callbacks().marks >= wanted || shared.closed).then_some(())
        });
        assert!(drained.is_some(), "the terminal's output does not come");
    }

    fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    }

    /// Keeps what comes from now on, piece by piece, for [`Pty::chunks`].
    pub fn record(&self) {
        self.lock().chunks = Some(Vec::new());
    }

    /// Pieces of output since [`Pty::record`].
    pub fn chunks(&self) -> Vec<Chunk> {
        self.lock().chunks.clone().unwrap_or_default()
    }

    /// Waits for a piece of output since [`Pty::record`] that changed the screen; nothing when none came in this time.
    pub fn wait_change(&self, at_most: Duration) -> Option<Chunk> {
        self.wait(at_most, |shared| shared.chunks.as_ref()?.iter().find(|c| c.changed).copied())
    }

    fn report(&self, begin: &str, at_most: Duration) -> String {
        let found = self.wait(at_most, |shared| {
            let at = shared.reports.iter().position(|r| r.starts_with(begin))?;
            Some(shared.reports.remove(at))
        });
        let Some(line) = found else {
            panic!("waited for `{begin}` in {at_most:?}; on the screen was{}", self.framed())
        };
        line[begin.len()..].to_owned()
    }

    fn wait<T>(&self, at_most: Duration, mut look: impl FnMut(&mut Shared) -> Option<T>) -> Option<T> {
        let until = Instant::now() + at_most;
        let mut state = self.lock();
        loop {
            if let Some(found) = look(&mut state) {
                return Some(found);
            }
            let left = until.checked_duration_since(Instant::now())?;
            let wait = self.shared.1.wait_timeout(state, left);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn framed(&self) -> String {
        let lines: Vec<String> = self.screen().lines().map(|line| format!("\n  | {line}")).collect();
        if lines.is_empty() { " nothing".to_owned() } else { lines.concat() }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.pid > 0 && !self.ended() {
            let _ = killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
        // The shell ends when it can read no more; its end hangs the terminal up, and that ends what reads from it.
        let _ = self.job.shutdown(std::net::Shutdown::Both);
        let until = Instant::now() + Duration::from_secs(5);
        while self.shell.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > until {
                let _ = self.shell.kill();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.readers.drain(..).filter(JoinHandle::is_finished).for_each(|reader| drop(reader.join()));
    }
}

fn lock(shared: &(Mutex<Shared>, Condvar)) -> MutexGuard<'_, Shared> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set_size(master: &File, (columns, rows): (u16, u16)) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(master, size).expect("a size");
}

fn terminal_state(master: &File, shared: &Shared) -> TerminalState {
    let (screen, answers) = (shared.parser.screen(), shared.parser.callbacks());
    let mouse = match screen.mouse_protocol_mode() {
        MouseProtocolMode::None => "None".to_owned(),
        mode => format!("{mode:?} {:?}", screen.mouse_protocol_encoding()),
    };
    TerminalState {
        termios: tcgetattr(master).expect("tcgetattr"),
        alternate_screen: screen.alternate_screen(),
        cursor_visible: !screen.hide_cursor(),
        application_keys: screen.application_cursor() || screen.application_keypad(),
        bracketed_paste: screen.bracketed_paste(),
        mouse,
        modes: answers.modes.clone(),
        keyboard: answers.keyboard,
    }
}

/// The screen as text, a line for each row, without spaces at their ends.
pub fn text(screen: &Screen) -> String {
    let (_, columns) = screen.size();
    let rows: Vec<String> = screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
    rows.join("\n").trim_end().to_owned()
}

fn read_screen(mut master: &File, shared: &(Mutex<Shared>, Condvar), stopped: &UnixStream) {
    let mut buffer = vec![0; 1 << 16];
    let readable = || {
        let mut either =
            [PollFd::new(master.as_fd(), PollFlags::POLLIN), PollFd::new(stopped.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut either, PollTimeout::NONE);
        !either[1].any().unwrap_or(true)
    };
    // EIO is how a terminal ends.
    while readable() {
        let Ok(len @ 1..) = master.read(&mut buffer) else { break };
        let at = Instant::now();
        let mut state = lock(shared);
        let old = state.chunks.is_some().then(|| state.parser.screen().clone());
        state.parser.process(&buffer[..len]);
        (state.read, state.last) = (state.read + len as u64, at);
        if let Some(old) = old {
            let changed = !state.parser.screen().state_diff(&old).is_empty();
            state.chunks.iter_mut().for_each(|chunks| chunks.push(Chunk { at, len, changed }));
        }
        let replies = std::mem::take(&mut state.parser.callbacks_mut().replies);
        drop(state);
        shared.1.notify_all();
        let _ = master.write_all(&replies);
    }
    lock(shared).closed = true;
    shared.1.notify_all();
}

fn read_reports(job: UnixStream, shared: &(Mutex<Shared>, Condvar)) {
    for line in BufReader::new(job).lines().map_while(Result::ok) {
        let now = Instant::now();
        let mut state = lock(shared);
        if line.starts_with("pid ") {
            state.executed = Some(now);
        }
        state.reports.push(line);
        drop(state);
        shared.1.notify_all();
    }
}

/// Keys as a terminal sends them (`ctlseqs.txt` of xterm, "PC-Style Function Keys").
fn encode(keys: &str, application: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some((text, after)) = rest.split_once('<') {
        let (name, after) = after.split_once('>').unwrap_or_else(|| panic!("no > in {keys}"));
        bytes.extend(text.bytes());
        bytes.extend(key(name, application).unwrap_or_else(|| panic!("no key <{name}>")));
        rest = after;
    }
    bytes.extend(rest.bytes());
    bytes
}

fn key(name: &str, application: bool) -> Option<Vec<u8>> {
    if let Some(letter) = name.strip_prefix("ctrl-") {
        return match letter.as_bytes() {
            [c @ (b'a'..=b'z' | b'@'..=b'_')] => Some(vec![c & 0x1f]),
            _ => None,
        };
    }
    if let Some(letter) = name.strip_prefix("alt-") {
        return Some([b"\x1b", letter.as_bytes()].concat());
    }
    let cursor = |c: char| format!("\x1b{}{c}", if application { 'O' } else { '[' });
    let text = match name {
        "enter" => "\r".to_owned(),
        "esc" => "\x1b".to_owned(),
        "tab" => "\t".to_owned(),
        "backtab" => "\x1b[Z".to_owned(),
        "space" => " ".to_owned(),
        "lt" => "<".to_owned(),
        "backspace" => "\x7f".to_owned(),
        "up" => cursor('A'),
        "down" => cursor('B'),
        "right" => cursor('C'),
        "left" => cursor('D'),
        "home" => cursor('H'),
        "end" => cursor('F'),
        "insert" => "\x1b[2~".to_owned(),
        "delete" => "\x1b[3~".to_owned(),
        "pageup" => "\x1b[5~".to_owned(),
        "pagedown" => "\x1b[6~".to_owned(),
        _ => match name.strip_prefix('f')?.parse::<u8>().ok()? {
            n @ 1..=4 => format!("\x1bO{}", char::from(b'P' + n - 1)),
            n @ 5..=12 => {
                let numbers = [15, 17, 18, 19, 20, 21, 23, 24];
                format!("\x1b[{}~", numbers[usize::from(n) - 5])
            }
            _ => return None,
        },
    };
    Some(text.into_bytes())
}
