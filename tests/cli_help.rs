//! What the help says; it is the first page that most people read.

use clap::CommandFactory;
use insta::assert_snapshot;
use isolab::cli::args::Cli;

fn help(command: Option<&str>) -> String {
    let mut cli = Cli::command().term_width(90);
    cli.build();
    let page = match command {
        Some(name) => cli.find_subcommand_mut(name).expect(name).render_long_help(),
        None => cli.render_long_help(),
    };
    page.to_string()
}

#[test]
fn help_of_the_program() {
    assert_snapshot!("help", help(None));
}

fn names_every_exit_code(page: &str) {
    use isolab::cli::exit;
    for code in [exit::PASSED, exit::FAILED, exit::USAGE, exit::BLOCKED, exit::LEFT_BEHIND, exit::INTERRUPTED]
    {
        assert!(page.contains(&format!("\n  {code:<4} ")), "{code} in {page}");
    }
}

#[test]
fn help_of_check_names_every_exit_code() {
    let page = help(Some("check"));
    names_every_exit_code(&page);
    assert_snapshot!("help_check", page);
}

#[test]
fn help_of_demo_names_every_exit_code() {
    names_every_exit_code(&help(Some("demo")));
}

#[test]
fn no_page_mentions_what_is_hidden() {
    let cli = Cli::command();
    let commands: Vec<&str> =
        cli.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name).collect();
    let hidden: Vec<String> = cli
        .get_subcommands()
        .flat_map(|c| c.get_arguments().filter(|a| a.is_hide_set()).filter_map(|a| a.get_long()))
        .map(|long| format!("--{long}"))
        .chain(cli.get_subcommands().filter(|c| c.is_hide_set()).map(|c| format!("  {} ", c.get_name())))
        .collect();
    assert!(hidden.len() >= 2, "{hidden:?}");
    for page in commands.into_iter().map(Some).chain([None]).map(help) {
        for word in &hidden {
            assert!(!page.contains(word), "{word} in {page}");
        }
    }
}
