//! A handout as a page for browsers and printers: one file that fetches nothing and runs nothing.

use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Colours are the browser's own, so that the page is light or dark as its reader wishes, and black on white on paper.
const STYLE: &str = "\
:root { color-scheme: light dark }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
pre, code { font: .9em/1.4 ui-monospace, monospace }
pre { border: 1px solid GrayText; padding: .5rem .75rem; white-space: pre-wrap; overflow-wrap: anywhere }
table { border-collapse: collapse }
th, td { border: 1px solid GrayText; padding: .2rem .5rem; text-align: left; vertical-align: top }
td code { white-space: pre-wrap }
td { overflow-wrap: anywhere }
@media print {
  :root { color-scheme: light }
  body { max-width: none; margin: 0; font-size: 10pt }
  h1, h2, h3 { break-after: avoid }
  pre, tr { break-inside: avoid }
}
";

/// The whole page. HTML in the Markdown is shown as text, pictures as what they are called, and links lead only to the web.
pub fn page(markdown: &str) -> String {
    let parsed: Vec<Event> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let mut body = String::new();
    html::push_html(&mut body, safe(parsed).into_iter());
    let mut title = String::new();
    let first = markdown.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
    html::push_html(&mut title, std::iter::once(Event::Text(first.into())));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// Without markup that could fetch or run something, and with comparisons as tables.
fn safe(events: Vec<Event>) -> Vec<Event> {
    let mut out = Vec::new();
    // The lines of the comparison that is being read.
    let mut compared: Option<String> = None;
    // For each open link whether it is kept.
    let mut kept = Vec::new();
    for event in events {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if &*language == "diff" => {
                compared = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) if compared.is_some() => {
                out.extend(side_by_side(&compared.take().unwrap_or_default()));
            }
            Event::Text(text) => match &mut compared {
                Some(lines) => lines.push_str(&text),
                None => out.push(Event::Text(text)),
            },
            Event::Html(text) | Event::InlineHtml(text) => out.push(Event::Text(text)),
            Event::Start(Tag::HtmlBlock) => out.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => out.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let address = dest_url.to_ascii_lowercase();
                let web = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
                kept.push(web);
                out.extend(Some(event).filter(|_| web));
            }
            Event::End(TagEnd::Link) => {
                let web = kept.pop().unwrap_or(false);
                out.extend(Some(event).filter(|_| web));
            }
            other => out.push(other),
        }
    }
    out
}

/// A comparison's lines as a table: before, whether it differs, and after.
fn side_by_side(lines: &str) -> Vec<Event<'static>> {
    let mut rows: Vec<[Option<String>; 2]> = Vec::new();
    for line in lines.lines() {
        let text = line.get(2..).unwrap_or_default().to_owned();
        match (line.chars().next(), rows.last_mut()) {
            (Some('-'), _) => rows.push([Some(text), None]),
            (Some('+'), Some([Some(_), after])) if after.is_none() => *after = Some(text),
            (Some('+'), _) => rows.push([None, Some(text)]),
            _ => rows.push([Some(text.clone()), Some(text)]),
        }
    }
    let mut out = vec![Event::Start(Tag::Table(vec![Alignment::None; 3])), Event::Start(Tag::TableHead)];
    out.extend(["before", "", "after"].into_iter().flat_map(|name| cell(Event::Text(name.into()))));
    out.push(Event::End(TagEnd::TableHead));
    for [before, after] in rows {
        let sign = if before == after { "" } else { "≠" };
        let code = |text: Option<String>| match text {
            Some(text) => Event::Code(CowStr::from(text)),
            None => Event::Text("".into()),
        };
        out.push(Event::Start(Tag::TableRow));
        for content in [code(before), Event::Text(sign.into()), code(after)] {
            out.extend(cell(content));
        }
        out.push(Event::End(TagEnd::TableRow));
    }
    out.push(Event::End(TagEnd::Table));
    out
}

fn cell(content: Event<'static>) -> [Event<'static>; 3] {
    [Event::Start(Tag::TableCell), content, Event::End(TagEnd::TableCell)]
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn what_an_author_wrote_fetches_and_runs_nothing() {
        let hostile = "\
# A <script>alert(1)</script> & more

<img src=x onerror=alert(1)>

<div onclick=\"alert(1)\">

text <b onmouseover=alert(1)>bold</b> [run](javascript:alert(1)) [data](data:text/html,x) [web](https://example.org/a?b&c) ![picture](https://example.org/x.png)

[![in a link](http://example.org/y.png)](JaVaScRiPt:alert(1))

```sh\" onclick=\"x
</code></pre><script>
```

| a | b |
| --- | --- |
| <script> | `</td><script>` |

```diff
- </code><script>
+ new
```
";
        let made = page(hostile);
        let body = made.split_once("<body>").expect("a body").1;
        for tag in ["<script", "<img", "<div", "<b ", "href=\"javascript", "href=\"data", "\" onclick="] {
            assert!(!body.to_lowercase().contains(tag), "{tag}: {made}");
        }
        assert!(made.contains("<title>A &lt;script&gt;"), "{made}");
        for fetched in ["src=", "url(", "@import", "<link"] {
            assert!(!made.replace("&lt;img src=x", "").contains(fetched), "{fetched}: {made}");
        }
        assert!(body.contains("<a href=\"https://example.org/a?b&amp;c\">web</a> picture"), "{made}");
        assert!(body.contains("<p>in a link</p>"), "{made}");
    }

    #[test]
    fn a_comparison_is_a_table_of_both_sides() {
        let made = page("# x\n\n```diff\n  name  state\n- lo    down\n+ lo    up\n+ eth0  up\n- old\n```\n");
        let row = |before: &str, sign: &str, after: &str| {
            let code = |text: &str| {
                if text.is_empty() { String::new() } else { format!("<code>{text}</code>") }
            };
            format!("<tr><td>{}</td><td>{sign}</td><td>{}</td></tr>", code(before), code(after))
        };
        let rows = [
            row("name  state", "", "name  state"),
            row("lo    down", "≠", "lo    up"),
            row("", "≠", "eth0  up"),
            row("old", "≠", ""),
        ];
        for row in rows {
            assert!(made.contains(&row), "{row}\n{made}");
        }
    }
}
