//! `isolab manual`: a page in section 1 for the program and for each of its commands (`man-pages(7)`), from the same words as `--help`.

use super::args::{Cli, Manual};
use super::console::complain;
use super::exit;
use crate::files;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::{self, Write};
use std::path::Path;

/// Writes all pages into a directory, which is made if necessary.
pub fn run(asked: &Manual) -> u8 {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let written = files::make_directory(&asked.directory).and_then(|()| pages(program, &asked.directory));
    match written {
        Ok(()) => exit::PASSED,
        Err(e) => {
            complain(&format!("write the manual into {}: {}", asked.directory.display(), files::cause(&e)));
            exit::USAGE
        }
    }
}

fn pages(command: Command, directory: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|c| !c.is_hide_set()).cloned() {
        pages(below, directory)?;
    }
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    files::write(&directory.join(format!("{name}.1")), &page(command, &name)?)
}

fn page(command: Command, name: &str) -> io::Result<Vec<u8>> {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_commands = command.has_subcommands();
    let man =
        Man::new(command).title(name).source(concat!("isolab ", env!("CARGO_PKG_VERSION"))).manual("isolab");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    sections(&after, &mut page)?;
    Ok(page)
}

/// The text below the options in the help, line by line: a line at the margin that ends with a colon is a heading.
fn sections(text: &str, page: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::new();
    let mut headed = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_suffix(':').filter(|h| !h.starts_with(' ')) {
            if headed {
                roff.control("fi", []);
            }
            roff.control("SH", [heading.to_uppercase().as_str()]);
            roff.control("nf", []);
            headed = true;
        } else if headed {
            roff.text([roman(line)]);
        }
    }
    if headed {
        roff.control("fi", []);
    }
    roff.to_writer(page)
}
