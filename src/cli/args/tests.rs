use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split(' '))
}

#[test]
fn definitions_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn check_takes_what_graders_need() {
    let line = "isolab check uts pid --format junit --output r.xml --allow-blocked --set quota=35% --set $r=4x --color never";
    let cli = parse(line).expect(line);
    assert_eq!(cli.global.color, Color::Never);
    let Some(Command::Check(check)) = cli.command else { panic!("not check") };
    assert_eq!((check.lessons, check.format), (vec!["uts".to_owned(), "pid".into()], Format::Junit));
    assert_eq!(check.set, [("quota".to_owned(), "35%".to_owned()), ("r".into(), "4x".into())]);
    assert!(check.allow_blocked && !check.fail_fast);
}

#[test]
fn mistakes_are_usage_errors() {
    for line in [
        "isolab check --set quota",
        "isolab check --format xml",
        "isolab lint",
        "isolab walk",
        "isolab learn",
        "isolab learn uts --theme pink",
        "isolab progress --reset --format json",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), i32::from(crate::cli::exit::USAGE), "{line}");
    }
    assert_eq!(parse("isolab").expect("no command opens the lab").command, None);
}

#[test]
fn the_theme_is_for_the_lab() {
    let cli = parse("isolab --theme light").expect("the lab");
    assert_eq!((cli.global.theme, cli.command), (Some(ThemeKind::Light), None));
    let cli = parse("isolab learn uts:rename --theme contrast --set a=1").expect("a lesson");
    let Some(Command::Learn(learn)) = cli.command else { panic!("not learn") };
    assert_eq!((learn.lesson.as_str(), learn.theme), ("uts:rename", Some(ThemeKind::Contrast)));
    assert!(parse("isolab check --theme light").is_err());
}

#[test]
fn every_shell_gets_every_command() {
    for shell in Shell::value_variants() {
        let script = String::from_utf8(completions(*shell)).expect("UTF-8");
        for command in [
            "learn",
            "progress",
            "list",
            "show",
            "check",
            "grade",
            "render",
            "demo",
            "notes",
            "lint",
            "schema",
            "doctor",
            "clean",
            "completions",
        ] {
            assert!(script.contains(command), "{shell}: {command}");
        }
        for hidden in ["without-actions-of", "manual", "__guardian"] {
            assert!(!script.contains(hidden), "{shell}: {hidden}");
        }
    }
}
