//! Tables of docs/lesson-format.md that are made from the vocabulary. On the page a table is between two comments:
//!
//! ```text
//! <!-- table: signals -->
//! | signal | number |
//! …
//! <!-- end of table -->
//! ```
//!
//! With `ISOLAB_UPDATE_DOCS=1` the test writes them again.

use isolab::lesson::schema;
use isolab::model::Unit;
use isolab::vocabulary::control::{self, ControlFile, Field, Fields, Form, Member};
use isolab::vocabulary::host_files::{HOST_PLACES, HostPlace};
use isolab::vocabulary::scalar::UNITS;
use isolab::vocabulary::verb::VerbName;
use isolab::vocabulary::yields::Yields;
use isolab::vocabulary::{Ns, Reader, Sig};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const PAGE: &str = "docs/lesson-format.md";
const END: &str = "<!-- end of table -->";

/// One table: the name in its comment, its heading, and its rows in Markdown.
struct Table {
    name: &'static str,
    heading: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

/// All tables that are made. A further one is a line here and a pair of comments on the page.
fn tables() -> Vec<Table> {
    vec![
        Table {
            name: "verbs",
            heading: &["verb", "object", "what it does"],
            rows: VerbName::ALL
                .iter()
                .map(|v| vec![code(v.word()), v.object().into(), v.does().into()])
                .collect(),
        },
        Table {
            name: "host-places",
            heading: &["place", "what of it"],
            rows: HOST_PLACES
                .iter()
                .map(|place| vec![code(place.path()), extent(*place).to_owned()])
                .collect(),
        },
        Table {
            name: "needs",
            heading: &["need", "what it asks of the machine"],
            rows: described(schema::needs()),
        },
        Table {
            name: "namespaces",
            heading: &["word", "what it isolates", "link in `/proc/PID/ns`", "flag"],
            rows: Ns::ALL.iter().zip(schema::namespaces()).map(namespace).collect(),
        },
        Table {
            name: "signals",
            heading: &["signal", "number", "what it says"],
            rows: Sig::ALL.iter().zip(schema::signals()).map(signal).collect(),
        },
        Table {
            name: "units",
            heading: &["unit", "what it means"],
            rows: UNITS.iter().map(|(unit, _, _, text)| vec![code(unit), (*text).to_owned()]).collect(),
        },
        Table {
            name: "controllers",
            heading: &["controller", "what it controls"],
            rows: described(schema::controllers()),
        },
        Table {
            name: "workloads",
            heading: &["workload", "what it does"],
            rows: described(schema::workloads()),
        },
        readers(),
        control_files(),
    ]
}

fn readers() -> Table {
    let words = schema::readers();
    assert_eq!(words.len(), Reader::OBJECTS.len());
    let row = |((word, reads), object): (&(String, String), &&str)| {
        vec![code(word), (*object).to_owned(), sentence(reads)]
    };
    Table {
        name: "readers",
        heading: &["reader", "object", "what it reads"],
        rows: words.iter().zip(Reader::OBJECTS).map(row).collect(),
    }
}

fn control_files() -> Table {
    let row = |file: &ControlFile| {
        let set = file.takes.examples().map_or_else(String::new, |examples| format!("yes: {examples}"));
        vec![code(file.name), holds(file), set, on_v1(file)]
    };
    Table {
        name: "control-files",
        heading: &["file", "holds", "can be set", "on v1"],
        rows: control::FILES.iter().map(row).collect(),
    }
}

/// What a control file holds.
fn holds(file: &ControlFile) -> String {
    let fields = |known: &[Field]| known.iter().map(|f| code(f.name)).collect::<Vec<_>>().join(", ");
    let whole = file.whole.v2.or(file.whole.v1).expect("one version has it").form;
    match (&file.fields, whole) {
        (Fields::Any(_), _) => "fields".to_owned(),
        (Fields::Known(known), Form::Text) => format!("fields {}", fields(known)),
        (Fields::Known(known), form) => format!("{}; field {}", kind(form), fields(known)),
        (Fields::None, form) if file.whole.v2.is_none() => format!("{}; only on v1", kind(form)),
        (Fields::None, form) => kind(form).to_owned(),
    }
}

fn kind(form: Form) -> &'static str {
    match (form, form.yields()) {
        (Form::Members(Member::Process), _) => "processes",
        (Form::Members(Member::Thread), _) => "threads",
        (_, Yields::Number(Some(Unit::Percent))) => "a share",
        (_, Yields::Number(Some(Unit::Times))) => "a multiple of the default",
        (_, Yields::Number(Some(Unit::Bytes))) => "bytes",
        (_, Yields::Number(_)) => "a number",
        (_, Yields::Any | Yields::Text | Yields::Identity(_) | Yields::Rows(_) | Yields::Process) => "words",
    }
}

/// The files of v1 that stand for a control file and its fields.
fn on_v1(file: &ControlFile) -> String {
    let mut names: Vec<&str> = file.whole.v1.iter().flat_map(|s| s.files).copied().collect();
    if let Fields::Known(known) = file.fields {
        names.extend(known.iter().filter_map(|f| f.content.v1.as_ref()).flat_map(|s| s.files));
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    match names.as_slice() {
        [] => "–".to_owned(),
        names => names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
    }
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

/// A row for each word, with its description.
fn described(words: Vec<(String, String)>) -> Vec<Vec<String>> {
    words.into_iter().map(|(word, text)| vec![code(&word), sentence(&text)]).collect()
}

/// A description as it is in a table: without the final full stop.
fn sentence(text: &str) -> String {
    text.trim_end_matches('.').replace('\n', " ")
}

fn namespace((ns, (word, text)): (&Ns, (String, String))) -> Vec<String> {
    assert_eq!(ns.word(), word);
    vec![code(&word), sentence(&text), code(ns.link()), code(ns.flag_name())]
}

fn signal((signal, (word, text)): (&Sig, (String, String))) -> Vec<String> {
    assert_eq!(signal.name(), word);
    vec![code(&word), signal.number().to_string(), sentence(&text)]
}

fn extent(place: HostPlace) -> &'static str {
    match place {
        HostPlace::Itself(_) => "itself",
        HostPlace::Below(_) => "and everything below",
    }
}

/// A row; an empty cell has one blank in it.
fn row<S: AsRef<str>>(cells: &[S]) -> String {
    cells.iter().fold("|".to_owned(), |row, cell| match cell.as_ref() {
        "" => row + " |",
        cell => row + " " + cell + " |",
    })
}

impl Table {
    fn markdown(&self) -> String {
        let rule = vec!["---"; self.heading.len()];
        let mut text = format!("{}\n{}\n", row(self.heading), row(&rule));
        for cells in &self.rows {
            assert_eq!(cells.len(), self.heading.len(), "{}: {cells:?}", self.name);
            assert!(cells.iter().all(|c| !c.contains('\n')), "{}: {cells:?}", self.name);
            writeln!(text, "{}", row(cells)).expect("a text takes a line");
        }
        text
    }

    /// The page with this table made anew.
    fn put_into(&self, page: &str) -> String {
        let begin = format!("<!-- table: {} -->\n", self.name);
        let (before, rest) =
            page.split_once(&begin).unwrap_or_else(|| panic!("{PAGE} has no line {}", begin.trim_end()));
        assert!(!rest.contains(&begin), "{PAGE} has two tables {}", self.name);
        let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("{PAGE}: {} has no {END}", self.name));
        format!("{before}{begin}{}{END}{after}", self.markdown())
    }
}

#[test]
fn tables_say_what_the_vocabulary_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).expect(PAGE);
    let made = tables().iter().fold(page.clone(), |page, table| table.put_into(&page));
    assert_eq!(page.matches("<!-- table: ").count(), tables().len(), "a table on the page that nobody makes");
    if std::env::var_os("ISOLAB_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).expect(PAGE);
        return;
    }
    let stale = page.lines().zip(made.lines()).find(|(now, wanted)| now != wanted);
    assert!(
        page == made,
        "{PAGE} is stale at {stale:?}; ISOLAB_UPDATE_DOCS=1 cargo test --test docs writes its tables again"
    );
}
