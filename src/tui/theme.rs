//! What things look like. Views name a role; only this file knows colours. Every role that carries meaning also has a sign or a word in the view,
//! because there may be no colours at all.

use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None (`NO_COLOR`, `TERM=dumb`, `--color never`); bold, dim and reversed are left.
    None,
    /// The 16 that the person has chosen in the terminal.
    Ansi16,
    /// The palette of 256 (`TERM=*-256color`).
    Ansi256,
    /// 24 bits (`COLORTERM=truecolor`).
    True,
}

/// For which background, and how strongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ThemeKind {
    /// Light text on a dark background
    #[default]
    Dark,
    /// Dark text on a light background
    Light,
    /// The strongest contrast: nothing is dimmed
    Contrast,
    /// For a room: black on a white that the lab paints itself, everything in bold
    Projector,
}

/// What something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Running text, values.
    Plain,
    /// Names, what is selected without focus.
    Strong,
    /// What is there for orientation: paths, units, hints.
    Dim,
    /// Headings.
    Title,
    /// The program's name, progress, what can be done now.
    Accent,
    /// Keys in the footer and in help.
    Key,
    /// `code` in prose, commands to type.
    Code,
    /// *Emphasis* in prose.
    Emphasis,
    /// What changed; sign `≠`.
    Changed,
    /// Passed, ready; sign `✓`.
    Good,
    /// Failed; sign `✗`.
    Bad,
    /// Blocked, deliberate failures, limits; sign `⊘` or `!`.
    Warn,
    /// The line on which the cursor is.
    Selected,
    /// Frames.
    Border,
    /// The frame of the pane that the keys go to.
    BorderFocus,
    /// The name of the host.
    Host,
    /// The name of a box.
    Guest,
    /// A curve in a chart.
    Curve,
    /// A match of a search.
    Match,
}

/// A theme for this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// How many colours.
    pub depth: Depth,
    /// For which background.
    pub kind: ThemeKind,
}

impl Default for Theme {
    fn default() -> Self {
        Theme { depth: Depth::Ansi16, kind: ThemeKind::Dark }
    }
}

/// A colour in three depths.
#[derive(Clone, Copy)]
struct Ink {
    ansi: Color,
    indexed: u8,
    rgb: (u8, u8, u8),
}

const fn ink(ansi: Color, indexed: u8, rgb: (u8, u8, u8)) -> Ink {
    Ink { ansi, indexed, rgb }
}

/// Inks of a theme. In 16 colours only those are used that people can tell from black and from white.
struct Inks {
    accent: Ink,
    code: Ink,
    changed: Ink,
    good: Ink,
    bad: Ink,
    warn: Ink,
    guest: Ink,
    faint: Ink,
    band: Ink,
}

const DARK: Inks = Inks {
    accent: ink(Color::Cyan, 80, (94, 200, 216)),
    code: ink(Color::Cyan, 152, (170, 214, 216)),
    changed: ink(Color::Yellow, 221, (247, 206, 95)),
    good: ink(Color::Green, 114, (134, 205, 120)),
    bad: ink(Color::LightRed, 210, (245, 128, 120)),
    warn: ink(Color::Magenta, 182, (216, 160, 220)),
    guest: ink(Color::LightBlue, 111, (130, 176, 250)),
    faint: ink(Color::DarkGray, 245, (138, 140, 148)),
    band: ink(Color::DarkGray, 237, (52, 56, 66)),
};

const LIGHT: Inks = Inks {
    accent: ink(Color::Blue, 25, (0, 92, 150)),
    code: ink(Color::Blue, 24, (20, 84, 110)),
    changed: ink(Color::Red, 130, (165, 80, 0)),
    good: ink(Color::Green, 22, (20, 105, 30)),
    bad: ink(Color::Red, 124, (180, 20, 20)),
    warn: ink(Color::Magenta, 90, (130, 30, 130)),
    guest: ink(Color::Blue, 19, (30, 50, 170)),
    faint: ink(Color::DarkGray, 242, (105, 105, 112)),
    band: ink(Color::Gray, 253, (222, 226, 232)),
};

const CONTRAST: Inks = Inks {
    accent: ink(Color::LightCyan, 51, (90, 255, 255)),
    code: ink(Color::LightCyan, 51, (150, 255, 255)),
    changed: ink(Color::LightYellow, 226, (255, 255, 60)),
    good: ink(Color::LightGreen, 46, (90, 255, 90)),
    bad: ink(Color::LightRed, 203, (255, 120, 120)),
    warn: ink(Color::LightMagenta, 213, (255, 140, 255)),
    guest: ink(Color::LightBlue, 117, (150, 210, 255)),
    faint: ink(Color::Reset, 255, (238, 238, 238)),
    band: ink(Color::Blue, 18, (0, 0, 120)),
};

/// Where the lab paints the background itself, inks are dark enough for the last row, whatever the terminal's own colours are.
const PROJECTOR: Inks = Inks {
    accent: ink(Color::Blue, 18, (0, 30, 150)),
    code: ink(Color::Blue, 23, (0, 60, 90)),
    changed: ink(Color::Red, 94, (140, 60, 0)),
    good: ink(Color::Black, 22, (0, 90, 20)),
    bad: ink(Color::Red, 124, (170, 0, 0)),
    warn: ink(Color::Magenta, 90, (120, 0, 120)),
    guest: ink(Color::Blue, 54, (60, 0, 140)),
    faint: ink(Color::Black, 234, (40, 40, 40)),
    band: ink(Color::Gray, 252, (205, 205, 205)),
};

impl Theme {
    /// The colours of what has none of its own, text and background, where the lab paints them.
    pub fn paper(self) -> Option<(Color, Color)> {
        match (self.kind, self.depth) {
            (ThemeKind::Projector, Depth::Ansi16) => Some((Color::Black, Color::White)),
            (ThemeKind::Projector, Depth::Ansi256) => Some((Color::Indexed(16), Color::Indexed(231))),
            (ThemeKind::Projector, Depth::True) => Some((Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255))),
            _ => None,
        }
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let inks = match self.kind {
            ThemeKind::Dark => &DARK,
            ThemeKind::Light => &LIGHT,
            ThemeKind::Contrast => &CONTRAST,
            ThemeKind::Projector => &PROJECTOR,
        };
        let everywhere = if self.kind == ThemeKind::Projector { Modifier::BOLD } else { Modifier::empty() };
        let plain = Style::new().add_modifier(everywhere);
        let bold = plain.add_modifier(Modifier::BOLD);
        let strong = matches!(self.kind, ThemeKind::Contrast | ThemeKind::Projector);
        let faint = if strong { plain } else { plain.add_modifier(Modifier::DIM) };
        match role {
            Role::Plain => plain,
            Role::Strong | Role::Title | Role::Host => bold,
            Role::Dim | Role::Border => match self.depth {
                Depth::None => faint,
                _ => self.ink(plain, inks.faint),
            },
            Role::Accent | Role::BorderFocus | Role::Key => self.ink(bold, inks.accent),
            Role::Code => self.ink(plain, inks.code),
            Role::Emphasis => plain.add_modifier(Modifier::ITALIC),
            Role::Changed => self.ink(bold, inks.changed),
            Role::Good => self.ink(plain, inks.good),
            Role::Bad => self.ink(bold, inks.bad),
            Role::Warn => self.ink(plain, inks.warn),
            Role::Guest => self.ink(bold, inks.guest),
            Role::Curve => self.ink(plain, inks.accent),
            Role::Selected => match self.depth {
                Depth::None | Depth::Ansi16 => plain.add_modifier(Modifier::REVERSED),
                _ => bold.bg(self.color(inks.band)),
            },
            Role::Match => plain.add_modifier(Modifier::REVERSED),
        }
    }

    fn ink(self, style: Style, ink: Ink) -> Style {
        match self.depth {
            Depth::None => style,
            _ => style.fg(self.color(ink)),
        }
    }

    fn color(self, ink: Ink) -> Color {
        match self.depth {
            Depth::None => Color::Reset,
            Depth::Ansi16 => ink.ansi,
            Depth::Ansi256 => Color::Indexed(ink.indexed),
            Depth::True => Color::Rgb(ink.rgb.0, ink.rgb.1, ink.rgb.2),
        }
    }
}

/// The depth that the surroundings announce. `colors` is the program's one decision whether there are any.
pub fn depth(colors: bool, term: &str, colorterm: &str) -> Depth {
    if !colors {
        return Depth::None;
    }
    if matches!(colorterm, "truecolor" | "24bit") || term.contains("direct") {
        return Depth::True;
    }
    if term.contains("256color") { Depth::Ansi256 } else { Depth::Ansi16 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn without_colours_there_are_none() {
        for kind in ThemeKind::value_variants().iter().copied() {
            let theme = Theme { depth: Depth::None, kind };
            for role in [Role::Changed, Role::Good, Role::Bad, Role::Selected, Role::Dim, Role::Code] {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
            }
        }
    }

    #[test]
    fn the_terminal_says_how_many_colours() {
        assert_eq!(depth(false, "xterm-256color", "truecolor"), Depth::None);
        assert_eq!(depth(true, "linux", ""), Depth::Ansi16);
        assert_eq!(depth(true, "xterm-256color", ""), Depth::Ansi256);
        assert_eq!(depth(true, "xterm", "truecolor"), Depth::True);
    }
}
