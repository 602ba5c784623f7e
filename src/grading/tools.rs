//! Which programs typed lines start: another machine may lack one, and then it cannot make the line again.

use super::receipt::TypedLine;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where a person's shell looks for programs.
pub const PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The programs that the lines name, with where they are on this machine. Every word counts that is a program's name: a command may be behind `unshare`,
/// `sh -c` or a pipe, and a word too many does no harm.
pub fn named(lines: &[TypedLine]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for word in lines.iter().flat_map(|typed| words(&typed.line)) {
        if !found.contains_key(word)
            && let Some(path) = find(word)
        {
            found.insert(word.to_owned(), path.display().to_string());
        }
    }
    found
}

/// Where a program of this name is on this machine.
pub fn find(name: &str) -> Option<PathBuf> {
    let runs = |path: &Path| {
        path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    if name.starts_with('/') {
        // What a run makes for itself is no program of the machine.
        let of_a_run =
            ["/proc/", "/sys/", "/dev/", "/tmp/", "/var/tmp/"].iter().any(|place| name.starts_with(place));
        return Some(PathBuf::from(name)).filter(|path| !of_a_run && runs(path));
    }
    let is_name = !name.contains('/') && name.contains(|c: char| c.is_ascii_alphanumeric());
    PATH.iter().filter(|_| is_name).map(|directory| Path::new(directory).join(name)).find(|path| runs(path))
}

/// The words of a line, at everything that a shell cuts a command at.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || c.is_control() || ";|&()<>{}`'\"=$".contains(c))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_behind_others_are_found_too() {
        let line = |text: &str| TypedLine { shell: None, line: text.to_owned(), at_ms: 0 };
        let found =
            named(&[line("X=1 sh -c 'cat /etc/passwd|head -n1' && /bin/ls"), line("no-such-program bird 1")]);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["/bin/ls", "cat", "head", "sh"]);
        assert!(found["cat"].ends_with("/cat"), "{found:?}");
    }
}
