//! The `isolab` binary.

fn main() -> std::process::ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // Before any thread, terminal or logger exists: guardian and trials are starts of this same program. A word that is not UTF-8 is for the command line.
    let words: Vec<&str> = arguments.iter().map(|a| a.to_str().unwrap_or_default()).collect();
    match isolab::actor::hidden(&words) {
        Some(status) => std::process::ExitCode::from(u8::try_from(status).unwrap_or(1)),
        None => isolab::cli::main().into(),
    }
}
