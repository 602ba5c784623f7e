//! The memory of this process itself.

use super::raw;

/// Gives back the pages of the program's own code. The kernel maps them again, from its cache of the file, as they are used; so what only a start needs
/// (arguments, reading of lessons, trials) is in memory no longer. It changes nothing else, and a kernel that refuses it changes nothing.
pub fn give_back_code() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    if let Some((first, last)) = code_with(&maps, give_back_code as *const () as usize) {
        let _ = raw::give_back(first, last - first);
    }
}

/// The private mapping without write permission that has this address: its first address, and the one behind its last (`proc_pid_maps(5)`).
fn code_with(maps: &str, address: usize) -> Option<(usize, usize)> {
    let range = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (first, last) = fields.next()?.split_once('-')?;
        let number = |text: &str| usize::from_str_radix(text, 16).ok();
        (fields.next()? == "r-xp").then_some((number(first)?, number(last)?))
    };
    maps.lines().filter_map(range).find(|(first, last)| (*first..*last).contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_given_back() {
        let maps = "400000-401000 r--p 00000000 08:01 7 /bin/x\n401000-409000 r-xp 00001000 08:01 7 /bin/x\n409000-40a000 rw-p 00009000 08:01 7 /bin/x\n";
        assert_eq!(code_with(maps, 0x0040_1234), Some((0x0040_1000, 0x0040_9000)));
        assert_eq!(code_with(maps, 0x0040_9000), None, "it can be written");
        assert_eq!(code_with(maps, 0x0040_0000), None);
        assert_eq!(code_with("", 0), None);
    }

    #[test]
    fn the_program_goes_on_without_its_pages() {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        assert!(code_with(&maps, give_back_code as *const () as usize).is_some(), "{maps}");
        give_back_code();
        assert!(std::fs::metadata("/proc/self").is_ok());
    }
}
