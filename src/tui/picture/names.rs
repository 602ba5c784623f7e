//! What namespaces are called in drawings: by the end of the number that the kernel gives them, so that no two share a name.

use super::input::PictureInput;
use crate::model::NamespaceMap;
use crate::present::plain::one_line;
use std::collections::BTreeMap;

/// The digits that a name has at least.
const LEAST: usize = 4;

/// Short names of namespaces.
pub struct Names {
    host: BTreeMap<String, String>,
    digits: usize,
}

impl Names {
    /// For all namespaces of these maps.
    pub fn of<'m>(maps: impl IntoIterator<Item = &'m NamespaceMap>) -> Self {
        let mut host = BTreeMap::new();
        let mut numbers: Vec<String> = Vec::new();
        for map in maps {
            let members = map.members.iter().flat_map(|member| member.links.values());
            numbers.extend(members.chain(map.namespaces.keys()).map(|link| number(link).to_owned()));
            host.extend(map.members.first().map(|lab| lab.links.clone()).unwrap_or_default());
        }
        numbers.sort_unstable();
        numbers.dedup();
        let longest = numbers.iter().map(String::len).max().unwrap_or(LEAST);
        let differ = |digits: &usize| {
            let mut ends: Vec<&str> = numbers.iter().map(|number| end(number, *digits)).collect();
            ends.sort_unstable();
            ends.windows(2).all(|pair| pair[0] != pair[1])
        };
        Names { host, digits: (LEAST..longest).find(differ).unwrap_or(longest) }
    }

    /// For all namespaces that a drawing can name.
    pub fn of_input(input: &PictureInput) -> Self {
        Self::of([input.before, input.now].into_iter().flatten())
    }

    /// Whether a namespace is the host's.
    pub fn is_host(&self, link: &str) -> bool {
        self.host.values().any(|host| host == link)
    }

    /// `host`, or the end of its number: `…2177` of `pid:[4026532177]`.
    pub fn short(&self, link: &str) -> String {
        let number = number(link);
        let end = end(number, self.digits);
        match (self.is_host(link), end.len() < number.len()) {
            (true, _) => "host".to_owned(),
            (false, true) => format!("…{}", one_line(end)),
            (false, false) => one_line(number),
        }
    }
}

/// The number of a link: `4026531838` of `uts:[4026531838]`.
pub fn number(link: &str) -> &str {
    link.split_once(":[").map_or(link, |(_, number)| number.trim_end_matches(']'))
}

/// The last characters of a text.
fn end(text: &str, n: usize) -> &str {
    let skipped = text.chars().count().saturating_sub(n);
    text.char_indices().nth(skipped).map_or("", |(at, _)| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Member;

    #[test]
    fn names_are_as_long_as_it_takes_to_differ() {
        let member = |link: &str| {
            let links = [("uts".to_owned(), link.to_owned())].into();
            Member { links, ..Member::default() }
        };
        let map = |links: &[&str]| NamespaceMap {
            members: links.iter().map(|link| member(link)).collect(),
            ..NamespaceMap::default()
        };
        let (one, two) = (map(&["uts:[4026531838]", "uts:[4026532177]"]), map(&["uts:[4026531838]"]));
        let names = Names::of([&one, &two]);
        assert_eq!(names.short("uts:[4026532177]"), "…2177");
        assert_eq!(names.short("uts:[4026531838]"), "host");
        let alike = map(&["uts:[4026531838]", "uts:[4026532177]", "uts:[4026542177]"]);
        assert_eq!(Names::of([&alike]).short("uts:[4026532177]"), "…32177");
        assert_eq!(Names::of([&map(&["uts:[7]", "uts:[8]"])]).short("uts:[8]"), "8");
    }
}
