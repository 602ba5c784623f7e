//! Signals (`signal(7)`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A row each: the name, the word in a lesson, which is the manual's name without `SIG`, and the constant.
macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $number:ident;)*) => {
        /// A standard signal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum Sig {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Sig {
            /// All of them, by number.
            pub const ALL: &[Sig] = &[$(Sig::$name,)*];

            /// Its number on this machine.
            pub fn number(self) -> i32 {
                match self {
                    $(Sig::$name => libc::$number,)*
                }
            }

            /// Its name without `SIG`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Sig::$name => $word,)*
                }
            }
        }
    };
}

signals! {
    /// The terminal was closed.
    Hup: "HUP", SIGHUP;
    /// Interrupt from the keyboard.
    Int: "INT", SIGINT;
    /// Quit from the keyboard.
    Quit: "QUIT", SIGQUIT;
    /// Illegal instruction.
    Ill: "ILL", SIGILL;
    /// Breakpoint.
    Trap: "TRAP", SIGTRAP;
    /// `abort(3)`.
    Abrt: "ABRT", SIGABRT;
    /// Bad access to memory.
    Bus: "BUS", SIGBUS;
    /// Erroneous arithmetic.
    Fpe: "FPE", SIGFPE;
    /// Ends the process; it cannot be caught, blocked or ignored.
    Kill: "KILL", SIGKILL;
    /// Free for programs.
    Usr1: "USR1", SIGUSR1;
    /// Invalid reference to memory.
    Segv: "SEGV", SIGSEGV;
    /// Free for programs.
    Usr2: "USR2", SIGUSR2;
    /// Write to a pipe without readers.
    Pipe: "PIPE", SIGPIPE;
    /// `alarm(2)` ran out.
    Alrm: "ALRM", SIGALRM;
    /// Asks a process to end.
    Term: "TERM", SIGTERM;
    /// Unused.
    Stkflt: "STKFLT", SIGSTKFLT;
    /// A child stopped or ended.
    Chld: "CHLD", SIGCHLD;
    /// Continues a stopped process.
    Cont: "CONT", SIGCONT;
    /// Stops the process; it cannot be caught, blocked or ignored.
    Stop: "STOP", SIGSTOP;
    /// Stop from the keyboard.
    Tstp: "TSTP", SIGTSTP;
    /// A background process read from the terminal.
    Ttin: "TTIN", SIGTTIN;
    /// A background process wrote to the terminal.
    Ttou: "TTOU", SIGTTOU;
    /// Urgent data on a socket.
    Urg: "URG", SIGURG;
    /// The limit on CPU time was reached.
    Xcpu: "XCPU", SIGXCPU;
    /// The limit on file size was reached.
    Xfsz: "XFSZ", SIGXFSZ;
    /// A timer of the process's own CPU time ran out.
    Vtalrm: "VTALRM", SIGVTALRM;
    /// A profiling timer ran out.
    Prof: "PROF", SIGPROF;
    /// The terminal's size changed.
    Winch: "WINCH", SIGWINCH;
    /// Input or output is possible.
    Io: "IO", SIGIO;
    /// Power failure.
    Pwr: "PWR", SIGPWR;
    /// Bad system call, as a seccomp filter sends it.
    Sys: "SYS", SIGSYS;
}

impl Sig {
    /// The one with this name, without `SIG`.
    pub fn named(name: &str) -> Option<Self> {
        Sig::ALL.iter().copied().find(|s| s.name() == name)
    }

    /// The one with this number.
    pub fn numbered(number: i32) -> Option<Self> {
        Sig::ALL.iter().copied().find(|s| s.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::Signal;

    #[test]
    fn the_list_is_that_of_the_manual() {
        let all: Vec<&str> = Signal::iterator().map(|s| &s.as_str()["SIG".len()..]).collect();
        let ours: Vec<&str> = Sig::ALL.iter().map(|s| s.name()).collect();
        assert_eq!(ours, all);
        for signal in Signal::iterator() {
            assert_eq!(Sig::numbered(signal as i32).map(Sig::name), Some(&signal.as_str()["SIG".len()..]));
        }
    }
}
