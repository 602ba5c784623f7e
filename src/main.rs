//! The `isolab` binary.

use std::path::Path;

fn main() -> std::process::ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // Before any thread, terminal or logger exists: guardian and boxes are this same program. A word that is not UTF-8 is for the command line.
    let words: Vec<&str> = arguments.iter().map(|a| a.to_str().unwrap_or_default()).collect();
    let status = match words.as_slice() {
        [_, isolab::actor::GUARDIAN, ledger] => isolab::actor::guardian::main(Path::new(ledger)),
        [_, isolab::actor::BOX, name] => isolab::actor::boxed::main(name),
        [_, isolab::actor::trial::TRIAL, name, id] => isolab::actor::trial::main(name, id),
        _ => return isolab::cli::main().into(),
    };
    std::process::ExitCode::from(u8::try_from(status).unwrap_or(1))
}
