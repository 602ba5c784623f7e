//! Curves of known values.

use super::*;
use crate::tui::theme::ThemeKind;
use crate::tui::view::styled::test::{HOSTILE, WIDTHS};

fn theme(depth: Depth) -> Theme {
    Theme { depth, kind: ThemeKind::Dark }
}

fn samples(values: &[f64]) -> Vec<Sample> {
    let sample =
        |(i, value): (usize, &f64)| Sample { at_ms: i as u64 * 100, id: "share".into(), value: *value };
    values.iter().enumerate().map(sample).collect()
}

fn drawn(
    values: &[f64],
    limit: Option<f64>,
    marks: &[(u64, String)],
    size: (u16, u16),
    depth: Depth,
) -> Buffer {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buf = Buffer::empty(area);
    draw(&samples(values), "share", Unit::Percent, 0.0, limit, marks, 900, area, &mut buf, theme(depth));
    buf
}

fn text(buf: &Buffer) -> String {
    let rows = buf
        .area
        .rows()
        .map(|row| row.columns().map(|cell| buf[(cell.x, cell.y)].symbol()).collect::<String>());
    rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn blocks_stand_on_the_axis_and_the_limit_is_labelled() {
    let buf = drawn(&[100.0, 100.0, 100.0, 20.0, 20.0, 20.0], Some(20.0), &[], (18, 7), Depth::Ansi16);
    let shown = text(&buf);
    assert!(shown.contains("100 % ┤██"), "{shown}");
    assert!(shown.contains(" 20 % ┤╌╌╌███╌"), "{shown}");
    assert!(shown.contains("╌\n") && shown.ends_with("0.9 s"), "{shown}");
    let row = shown.lines().position(|line| line.contains("20 % ┤")).unwrap() as u16;
    assert_eq!(buf[(3, row)].style().fg, theme(Depth::Ansi16).style(Role::Warn).fg);
    assert_eq!(buf[(17, row)].style().fg, theme(Depth::Ansi16).style(Role::Warn).fg);
    assert_eq!(buf[(11, row)].style().fg, theme(Depth::Ansi16).style(Role::Curve).fg);
}

#[test]
fn no_peak_is_lost_in_thinning() {
    let mut values = vec![10.0; 2000];
    values[777] = 80.0;
    for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
        let buf = drawn(&values, None, &[], (60, 10), depth);
        let first = text(&buf).lines().next().unwrap().to_owned();
        assert!(first.starts_with("80 % ┤"), "{first}");
        let rest = first.trim_start_matches("80 % ┤").trim();
        assert_eq!(rest.chars().count(), 1, "{first}");
    }
}

#[test]
fn a_level_line_in_braille_is_one_row_of_dots() {
    let shown = text(&drawn(&[50.0; 10], Some(90.0), &[], (20, 8), Depth::Ansi256));
    let dotted: Vec<&str> = shown
        .lines()
        .filter(|line| {
            line.contains('\u{2812}')
                || line.contains('⠉')
                || line.contains('⣀')
                || line.contains('⠤')
                || line.contains('⠒')
        })
        .collect();
    assert_eq!(dotted.len(), 1, "{shown}");
}

#[test]
fn marks_have_words_above_the_plot() {
    let marks =
        [(0, "started".to_owned()), (450, "20 % written".to_owned()), (460, "hidden: no room".to_owned())];
    let buf = drawn(&[10.0; 10], None, &marks, (50, 8), Depth::Ansi16);
    let shown = text(&buf);
    assert!(shown.starts_with("      started") || shown.trim_start().starts_with("started"), "{shown}");
    assert!(shown.lines().next().unwrap().contains("20 % written"), "{shown}");
    assert!(shown.contains('┊') && shown.contains('┴') && !shown.contains("hidden"), "{shown}");
    let x = shown.lines().next().unwrap().find("20 %").unwrap() as u16;
    assert_eq!(buf[(x, 0)].style().fg, theme(Depth::Ansi16).style(Role::Changed).fg);
}

#[test]
fn without_samples_there_is_an_empty_frame() {
    let shown = text(&drawn(&[], None, &[], (30, 6), Depth::Ansi256));
    assert!(
        shown.starts_with("100 % ┤") && shown.contains("no samples yet") && shown.contains("0 └──"),
        "{shown}"
    );
}

#[test]
fn labels_are_short() {
    assert_eq!(label(20_971_520.0, Unit::Bytes), "20 MiB");
    assert_eq!(label(9_998_336.0, Unit::Bytes), "9.54 MiB");
    assert_eq!(label(12.5, Unit::Percent), "12.5 %");
    assert_eq!(label(0.25, Unit::Seconds), "250 ms");
    let top = |unit, value| label(nice(unit, value), unit);
    assert_eq!([top(Unit::Percent, 96.0), top(Unit::Percent, 22.0)], ["100 %", "25 %"]);
    assert_eq!(top(Unit::Bytes, 20_971_520.0 * 1.1), "24 MiB");
}

/// A fifth of a CPU looks like one, and two curves that are compared have one axis.
#[test]
fn the_axis_reaches_as_far_as_it_must() {
    let top = |least: f64| {
        let area = Rect::new(0, 0, 30, 8);
        let mut buf = Buffer::empty(area);
        let depth = theme(Depth::Ansi16);
        draw(&samples(&[20.0, 20.0]), "share", Unit::Percent, least, None, &[], 900, area, &mut buf, depth);
        text(&buf).lines().next().unwrap_or_default().trim_start().to_owned()
    };
    assert!(top(0.0).starts_with("20 %"), "{}", top(0.0));
    assert!(top(100.0).starts_with("100 %"), "{}", top(100.0));
    assert!(top(120.0).starts_with("150 %"), "{}", top(120.0));
}

#[test]
fn it_draws_into_its_area_only() {
    let odd = [f64::NAN, f64::INFINITY, -5.0, 1e300, 0.0];
    for width in WIDTHS.into_iter().chain([0, 1, 5, 11, 12]) {
        for height in [0, 1, 3, 4, 5, 6, 7, 20] {
            for depth in [Depth::Ansi16, Depth::Ansi256] {
                let mut buf =
                    Buffer::filled(Rect::new(0, 0, width + 4, height + 4), ratatui::buffer::Cell::new("x"));
                let area = Rect::new(2, 2, width, height);
                let marks: Vec<(u64, String)> =
                    HOSTILE.iter().map(|text| (u64::MAX, (*text).to_owned())).collect();
                draw(
                    &samples(&odd),
                    "share",
                    Unit::Bytes,
                    1e302,
                    Some(1e301),
                    &marks,
                    0,
                    area,
                    &mut buf,
                    theme(depth),
                );
                draw(
                    &samples(&odd),
                    "share",
                    Unit::Times,
                    0.0,
                    Some(f64::NAN),
                    &[],
                    0,
                    area,
                    &mut buf,
                    theme(depth),
                );
                for cell in buf.area.positions().filter(|at| !area.contains(*at)) {
                    assert_eq!(buf[cell].symbol(), "x", "{width}x{height} at {cell}");
                }
            }
        }
    }
}
