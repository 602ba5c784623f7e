//! Namespaces one in another: what is drawn as frames in frames.

use crate::model::{Member, NamespaceMap};

/// Types in the order in which they are shown (`namespaces(7)`).
pub const KINDS: [&str; 8] = ["user", "uts", "mnt", "pid", "net", "ipc", "cgroup", "time"];

/// What lies in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents<'a> {
    /// Processes that are in no further frame.
    pub members: Vec<&'a Member>,
    /// Further frames.
    pub spaces: Vec<Space<'a>>,
}

/// A namespace that is not the host's, as a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space<'a> {
    /// Its type, as in `/proc/PID/ns`.
    pub kind: &'a str,
    /// Its link.
    pub link: &'a str,
    /// It is drawn a second time, since its members are in different namespaces of another type.
    pub again: bool,
    /// What lies in it.
    pub inside: Contents<'a>,
}

/// The host's namespace of a type.
pub fn host<'a>(map: &'a NamespaceMap, kind: &str) -> Option<&'a str> {
    map.members.first().and_then(|lab| lab.links.get(kind)).map(String::as_str)
}

/// Processes and namespaces of a map, nested by these types: user namespaces by who made them, then the type with the most members, and so on.
pub fn nest<'a>(map: &'a NamespaceMap, kinds: &[&'static str]) -> Contents<'a> {
    let own = |member: &&Member, kind: &str| {
        member.links.get(kind).is_some_and(|link| host(map, kind) != Some(link.as_str()))
    };
    let mut order: Vec<&str> = kinds.iter().copied().filter(|kind| *kind != "user").collect();
    order.sort_by_key(|kind| std::cmp::Reverse(map.members.iter().filter(|m| own(m, kind)).count()));
    let users = |link: Option<&'a str>| {
        if kinds.contains(&"user") { chain(map, link) } else { Vec::new() }
    };
    let mut all = Contents::default();
    for member in &map.members {
        let mut path = users(member.links.get("user").map(String::as_str));
        let rest = order.iter().filter(|kind| own(&member, kind));
        path.extend(
            rest.filter_map(|kind| member.links.get_key_value(*kind)).map(|(k, l)| (k.as_str(), l.as_str())),
        );
        all.place(&path).members.push(member);
    }
    // What nobody is in lies where its owner is.
    for (link, space) in &map.namespaces {
        let inhabited = map.members.iter().any(|member| member.links.get(&space.kind) == Some(link));
        let shown = kinds.contains(&space.kind.as_str()) && host(map, &space.kind) != Some(link);
        if inhabited || !shown || all.has(link) {
            continue;
        }
        let mut path = if space.kind == "user" { users(Some(link)) } else { users(space.owner.as_deref()) };
        if path.last().is_none_or(|(_, last)| last != link) {
            path.push((&space.kind, link));
        }
        all.place(&path);
    }
    all.mark(&mut Vec::new());
    all
}

/// A user namespace and those that it is in, outermost first, without the host's.
fn chain<'a>(map: &'a NamespaceMap, link: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let (mut out, mut at) = (Vec::new(), link);
    while let Some(link) = at.filter(|link| host(map, "user") != Some(*link)) {
        // The kernel nests them no deeper than this (`user_namespaces(7)`).
        if out.len() > 32 {
            break;
        }
        out.insert(0, ("user", link));
        at = map.namespaces.get(link).and_then(|space| space.owner.as_deref());
    }
    out
}

impl<'a> Contents<'a> {
    /// The frame at the end of a path; frames on the way are made.
    fn place(&mut self, path: &[(&'a str, &'a str)]) -> &mut Contents<'a> {
        let Some(((kind, link), rest)) = path.split_first() else { return self };
        let at = self.spaces.iter().position(|space| space.link == *link).unwrap_or_else(|| {
            self.spaces.push(Space { kind, link, again: false, inside: Contents::default() });
            self.spaces.len() - 1
        });
        self.spaces[at].inside.place(rest)
    }

    fn has(&self, link: &str) -> bool {
        self.spaces.iter().any(|space| space.link == link || space.inside.has(link))
    }

    /// Marks what was seen before.
    fn mark(&mut self, seen: &mut Vec<&'a str>) {
        for space in &mut self.spaces {
            space.again = seen.contains(&space.link);
            seen.push(space.link);
            space.inside.mark(seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Namespace;

    fn member(name: &str, links: &[(&str, &str)]) -> Member {
        let links = links.iter().map(|(kind, link)| ((*kind).to_owned(), (*link).to_owned())).collect();
        Member { name: name.to_owned(), links, ..Member::default() }
    }

    fn map(members: Vec<Member>, owners: &[(&str, &str, &str)]) -> NamespaceMap {
        let space = |(kind, link, owner): &(&str, &str, &str)| {
            let space =
                Namespace { kind: (*kind).to_owned(), owner: Some((*owner).to_owned()), kept_by: Vec::new() };
            ((*link).to_owned(), space)
        };
        NamespaceMap { members, namespaces: owners.iter().map(space).collect() }
    }

    fn text(contents: &Contents) -> String {
        let members = contents.members.iter().map(|member| member.name.clone());
        let spaces = contents.spaces.iter().map(|space| {
            let again = if space.again { "*" } else { "" };
            format!("{}{again}({})", space.link, text(&space.inside))
        });
        members.chain(spaces).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn user_namespaces_lie_in_those_that_made_them() {
        let map = map(
            vec![
                member("host", &[("user", "u0"), ("uts", "t0")]),
                member("a", &[("user", "u2"), ("uts", "t1")]),
                member("b", &[("user", "u1"), ("uts", "t0")]),
            ],
            &[("user", "u1", "u0"), ("user", "u2", "u1"), ("uts", "t1", "u2"), ("uts", "t9", "u1")],
        );
        assert_eq!(text(&nest(&map, &KINDS)), "host u1(b u2(t1(a)) t9())");
        assert_eq!(text(&nest(&map, &["uts"])), "host b t1(a) t9()");
    }

    #[test]
    fn what_most_are_in_lies_outside_and_what_is_torn_apart_says_so() {
        let of = |name, uts, net| member(name, &[("uts", uts), ("net", net)]);
        let map = map(
            vec![of("host", "t0", "n0"), of("a", "t1", "n1"), of("b", "t1", "n2"), of("c", "t0", "n2")],
            &[],
        );
        assert_eq!(text(&nest(&map, &KINDS)), "host n1(t1(a)) n2(c t1*(b))");
    }
}
