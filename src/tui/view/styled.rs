//! Styled text as lines of a screen: folded, cut and padded by columns. The text is expected to be escaped, but for [`fold_text`].

use crate::present::plain::{self, width};
use crate::tui::theme::{Role, Theme};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// What stands where something was left out.
const CUT: &str = "…";
/// A text is never folded into less than this, whatever stands before it.
const LEAST: usize = 4;

/// A text in the style of a role.
pub fn span(text: impl Into<String>, theme: Theme, role: Role) -> Span<'static> {
    Span::styled(text.into(), theme.style(role))
}

/// So many spaces.
pub fn blank(columns: usize) -> Span<'static> {
    Span::raw(" ".repeat(columns))
}

/// The columns that spans take side by side.
pub fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|span| width(&span.content)).sum()
}

/// The role of an actor's or a reader's name.
pub fn who(name: &str) -> Role {
    if name == "host" { Role::Host } else { Role::Guest }
}

/// Text folded between its words into lines of at most `columns`, the first after `first`, further ones after `rest`.
pub fn fold(pieces: &[Span], first: &[Span], rest: &[Span], columns: usize) -> Vec<Line<'static>> {
    let (first, rest) = (shortened(first, columns), shortened(rest, columns));
    let text: String = pieces.iter().map(|piece| piece.content.as_ref()).collect();
    let rooms = [&first, &rest].map(|before| columns.saturating_sub(spans_width(before)).max(1));
    let mut parts = Parts { pieces, at: 0 };
    let lines = ranges(&text, rooms).into_iter().enumerate().map(|(i, (from, to))| {
        let mut line = if i == 0 { first.clone() } else { rest.clone() };
        line.extend(parts.between(from, to));
        Line::from(line)
    });
    lines.collect()
}

/// A text of one role, escaped and folded.
pub fn fold_text(text: &str, role: Role, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let style = theme.style(role);
    plain::fold(&plain::escape(text), columns).into_iter().map(|line| Line::styled(line, style)).collect()
}

/// Texts side by side with ` · ` between, folded only between them where that can be.
pub fn fold_items(items: &[String], role: Role, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if width(line) + width(item) + 3 <= columns => line.extend([" · ", item]),
            _ => lines.push(item.clone()),
        }
    }
    lines.into_iter().flat_map(|line| fold(&[span(line, theme, role)], &[], &[blank(2)], columns)).collect()
}

/// One text folded, each line with spaces up to the columns.
pub fn fold_padded(text: &str, columns: usize) -> Vec<String> {
    let lines = fold(&[Span::raw(text)], &[], &[], columns);
    lines.iter().map(|line| plain::pad(&line.to_string(), columns)).collect()
}

/// What stands before a text, without its end when it would leave the text no room.
fn shortened(before: &[Span], columns: usize) -> Vec<Span<'static>> {
    let room = columns.saturating_sub(LEAST.max(columns / 3));
    clip(&before.iter().map(owned).collect::<Vec<_>>(), room)
}

fn owned(span: &Span) -> Span<'static> {
    Span::styled(span.content.to_string(), span.style)
}

/// Where lines begin and end in the text, in bytes, without the spaces at their ends.
fn ranges(text: &str, rooms: [usize; 2]) -> Vec<(usize, usize)> {
    let (mut lines, mut start, mut end, mut used) = (Vec::new(), 0, 0, 0);
    for (from, to, next) in words(text, rooms[0].min(rooms[1])) {
        let (word, room) = (width(&text[from..to]), rooms[usize::from(!lines.is_empty())]);
        if from > start && used + word > room {
            lines.push((start, end));
            (start, used) = (from, 0);
        }
        end = to;
        used += word + (next - to);
    }
    lines.push((start, end.max(start)));
    lines
}

/// [`plain::words`], each with its start, its end and the start of the next one, in bytes. One that is wider than the columns is cut.
fn words(text: &str, columns: usize) -> Vec<(usize, usize, usize)> {
    let (mut words, mut at) = (Vec::new(), 0);
    for word in plain::words(text, columns) {
        let end = at + word.trim_end_matches(' ').len();
        loop {
            // Never the width of all that is left: that would be measured once for each line of a word without end.
            let most = start_of(&text[at..end], columns).len();
            if at + most >= end {
                break;
            }
            // A character that is wider than the columns stands alone.
            let most = if most == 0 { text[at..].chars().next().map_or(1, char::len_utf8) } else { most };
            words.push((at, at + most, at + most));
            at += most;
        }
        let next = end + (word.len() - word.trim_end_matches(' ').len());
        words.push((at, end, next));
        at = next;
    }
    words
}

/// Pieces that are taken apart from front to back.
struct Parts<'p, 'c> {
    /// What is not behind the last position.
    pieces: &'p [Span<'c>],
    /// Where the first of them begins in the text, in bytes.
    at: usize,
}

impl Parts<'_, '_> {
    /// The part of the text between two positions, in bytes, which never go back.
    fn between(&mut self, from: usize, to: usize) -> Vec<Span<'static>> {
        let mut out = Vec::new();
        while let Some(piece) = self.pieces.first() {
            let (at, end) = (self.at, self.at + piece.content.len());
            let (a, b) = (from.clamp(at, end) - at, to.clamp(at, end) - at);
            if a < b {
                out.push(Span::styled(piece.content[a..b].to_owned(), piece.style));
            }
            if end > to {
                break;
            }
            (self.pieces, self.at) = (&self.pieces[1..], end);
        }
        out
    }
}

/// Spans without what goes beyond the columns.
pub fn clip(spans: &[Span<'static>], columns: usize) -> Vec<Span<'static>> {
    if spans_width(spans) <= columns {
        return spans.to_vec();
    }
    let (mut out, mut left) = (Vec::new(), columns);
    for span in spans {
        let text = start_of(&span.content, left);
        left -= width(text);
        let whole = text.len() == span.content.len();
        if !text.is_empty() {
            out.push(Span::styled(text.to_owned(), span.style));
        }
        if !whole {
            break;
        }
    }
    out
}

/// A line that fits; one that is too long ends in `…`.
pub fn cut_line(spans: &[Span<'static>], columns: usize) -> Line<'static> {
    if spans_width(spans) <= columns {
        return Line::from(spans.to_vec());
    }
    let mut out = clip(spans, columns.saturating_sub(1));
    let style = out.last().map_or(Style::new(), |span| span.style);
    if columns > 0 {
        out.push(Span::styled(CUT, style));
    }
    Line::from(out)
}

/// A text that fits; one that is too long ends in `…`.
pub fn cut(text: &str, columns: usize) -> String {
    match columns {
        _ if width(text) <= columns => text.to_owned(),
        0 => String::new(),
        _ => format!("{}{CUT}", start_of(text, columns - 1)),
    }
}

/// A text that fits; of one that is too long the middle is left out. Its end tells more than its start.
pub fn cut_middle(text: &str, columns: usize) -> String {
    if width(text) <= columns || columns < 3 {
        return cut(text, columns);
    }
    let start = start_of(text, (columns - 1) / 4);
    let end = end_of(text, columns - 1 - width(start));
    format!("{start}{CUT}{end}")
}

/// A path that fits. What is left out are whole components between the first and the last: first the number of a process, then the directory of
/// the run, then what is in the middle. Where even the first and the last have no room, it is cut like any text.
pub fn cut_path(path: &str, columns: usize) -> String {
    if width(path) <= columns {
        return path.to_owned();
    }
    // What is before the first slash (`stat /var/tmp`) belongs to the first component.
    let Some(second) = path.find('/').and_then(|slash| Some(slash + 1 + path[slash + 1..].find('/')?)) else {
        return cut_middle(path, columns);
    };
    let mut parts: Vec<&str> =
        std::iter::once(&path[..second]).chain(path[second + 1..].split('/')).collect();
    let middle = parts.len() / 2;
    let mut order: Vec<usize> = (1..parts.len() - 1).collect();
    order.sort_by_key(|i| {
        let class = match parts[*i] {
            part if part.bytes().all(|b| b.is_ascii_digit()) => 0,
            part if part.starts_with("isolab-") => 1,
            _ => 2,
        };
        (class, i.abs_diff(middle), std::cmp::Reverse(*i))
    });
    for i in order {
        parts[i] = CUT;
        let mut shown = parts.clone();
        shown.dedup_by(|a, b| *a == CUT && *b == CUT);
        let shown = shown.join("/");
        if width(&shown) <= columns {
            return shown;
        }
    }
    let last = format!("{CUT}/{}", parts[parts.len() - 1]);
    if width(&last) <= columns { last } else { cut_middle(path, columns) }
}

/// A text made exactly as wide as the columns, by spaces or by `…`.
pub fn fit(text: &str, columns: usize) -> String {
    plain::pad(&cut(text, columns), columns)
}

/// The start of a text as far as it fits, cut between characters that a person sees as one. No more of it is looked at than that.
fn start_of(text: &str, columns: usize) -> &str {
    let (mut end, mut used) = (0, 0);
    for grapheme in Span::raw(text).styled_graphemes(Style::new()) {
        used += width(grapheme.symbol);
        if used > columns {
            break;
        }
        end += grapheme.symbol.len();
    }
    text.get(..end).unwrap_or("")
}

/// The end of a text as far as it fits, likewise.
fn end_of(text: &str, columns: usize) -> &str {
    /// No character that a person sees as one takes more bytes for each of its columns, but for texts that are made to.
    const BYTES: usize = 64;
    let mut from = text.len().saturating_sub(columns.saturating_mul(BYTES));
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let last = &text[from..];
    let sizes: Vec<(usize, usize)> = Span::raw(last)
        .styled_graphemes(Style::new())
        .map(|grapheme| (grapheme.symbol.len(), width(grapheme.symbol)))
        .collect();
    let (mut start, mut used) = (last.len(), 0);
    for (bytes, columns_of) in sizes.into_iter().rev() {
        used += columns_of;
        if used > columns {
            break;
        }
        start -= bytes;
    }
    last.get(start..).unwrap_or("")
}

/// What views of tests are compared by.
#[cfg(test)]
pub mod test {
    use super::*;

    /// Widths from narrow to wide.
    pub const WIDTHS: [u16; 10] = [20, 21, 33, 40, 59, 60, 80, 100, 120, 250];

    /// Texts that try to break a layout.
    pub const HOSTILE: [&str; 6] = [
        "",
        "盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子盒子",
        "\x1b[2J\x1b]0;x\x07\r\u{9b}31m\u{202e}abc",
        "a\tb\t\tc\n\n\td",
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
        "☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}☺\u{fe0f}",
    ];

    /// The text of lines, without spaces at their ends.
    pub fn text(lines: &[Line]) -> String {
        lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// No line is wider than the columns, and none has a control character.
    #[track_caller]
    pub fn fits(lines: &[Line], columns: u16) {
        for line in lines {
            let text = line.to_string();
            assert!(width(&text) <= usize::from(columns), "{} > {columns}: {text:?}", width(&text));
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(!text.contains('\u{202e}'), "{text:?}");
        }
    }

    /// The style of the first span that contains the text.
    #[track_caller]
    pub fn style_of(lines: &[Line], text: &str) -> Style {
        let mut spans = lines.iter().flat_map(|line| &line.spans);
        match spans.find(|span| span.content.contains(text)) {
            Some(span) => span.style,
            None => panic!("no {text:?} in {lines:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_styles_and_counts_columns() {
        let theme = Theme::default();
        let pieces = [
            span("one ", theme, Role::Plain),
            span("two three", theme, Role::Code),
            span(" 盒子盒子", theme, Role::Plain),
        ];
        let lines = fold(&pieces, &[span("- ", theme, Role::Dim)], &[blank(2)], 11);
        assert_eq!(test::text(&lines), "- one two\n  three\n  盒子盒子");
        assert_eq!(lines[0].spans[2].style, theme.style(Role::Code));
        assert_eq!(lines[1].spans[1].style, theme.style(Role::Code));
        assert_eq!(test::text(&fold(&[], &[], &[], 10)), "");
        for columns in test::WIDTHS {
            for text in test::HOSTILE {
                let text = crate::present::plain::one_line(text);
                test::fits(&fold(&[Span::raw(text)], &[blank(30)], &[blank(3)], columns.into()), columns);
            }
        }
    }

    /// Folding looks at each character a bounded number of times: else this would not end while somebody waits.
    #[test]
    fn a_word_without_end_is_folded() {
        let word = "x".repeat(1 << 20);
        let lines = fold(&[Span::raw(word.as_str())], &[blank(2)], &[blank(4)], 80);
        assert_eq!(lines.len(), 1 + (word.len() - 76).div_ceil(76));
        let pieces: Vec<Span> = (0..200_000).map(|_| Span::raw("ab ")).collect();
        assert_eq!(fold(&pieces, &[], &[], 80).len(), 200_000_usize.div_ceil(27));
        assert_eq!(cut(&word, 80).len(), 79 + CUT.len());
        assert_eq!(width(&cut_middle(&word, 80)), 80);
        let marks = format!("e{}x", "\u{301}".repeat(1 << 18));
        test::fits(&fold(&[Span::raw(marks)], &[], &[], 80), 80);
    }

    #[test]
    fn cutting_keeps_what_tells_most() {
        assert_eq!(cut("hostname", 8), "hostname");
        assert_eq!(cut("hostname", 5), "host…");
        assert_eq!(cut("盒子", 3), "盒…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut_middle("netlink RTM_GETROUTE", 13), "net…_GETROUTE");
        assert_eq!(cut_middle("盒子盒子盒子", 8), "…子盒子");
        let name = "/proc/4213/root/proc/sys/kernel/hostname";
        assert_eq!(cut_path(name, 40), name);
        assert_eq!(cut_path(name, 39), "/proc/…/root/proc/sys/kernel/hostname");
        assert_eq!(cut_path(name, 36), "/proc/…/root/…/sys/kernel/hostname");
        assert_eq!(cut_path(name, 30), "/proc/…/root/…/kernel/hostname");
        assert_eq!(cut_path(name, 16), "/proc/…/hostname");
        assert_eq!(cut_path(name, 12), "…/hostname");
        assert_eq!(cut_path("stat /var/tmp/isolab-1-1/src/f inode", 28), "stat /var/tmp/…/src/f inode");
        assert_eq!(cut_path("/proc/self", 5), "/…elf");
        assert_eq!(fit("盒", 4), "盒  ");
        assert_eq!(fit("盒子盒", 4), "盒… ");
    }
}
