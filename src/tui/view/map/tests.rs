//! The map of small worlds.

use super::*;
use crate::model::Namespace;
use crate::tui::view::styled::test;

fn link(kind: &str, n: u64) -> String {
    format!("{kind}:[{}]", 4_026_531_800 + n)
}

fn member(name: &str, pid: i32, parent: i32, own: &[(&str, u64)]) -> Member {
    let number = |kind: &str| own.iter().find(|(k, _)| *k == kind).map_or(1, |(_, n)| *n);
    let links = KINDS.into_iter().map(|kind| (kind.to_owned(), link(kind, number(kind)))).collect();
    Member { name: name.into(), pid, parent, numbers: vec![pid], links }
}

fn map(members: Vec<Member>) -> NamespaceMap {
    let mut namespaces = BTreeMap::new();
    for (kind, link) in members.iter().flat_map(|member| &member.links) {
        let space = Namespace { kind: kind.clone(), owner: Some(self::link("user", 1)), kept_by: Vec::new() };
        namespaces.insert(link.clone(), space);
    }
    NamespaceMap { members, namespaces }
}

fn world() -> NamespaceMap {
    let mut child = member("sleep", 4300, 4211, &[("uts", 77), ("pid", 80)]);
    child.numbers = vec![4300, 1];
    map(vec![
        member("host", 4200, 1, &[]),
        member("box", 4211, 4200, &[("uts", 77)]),
        child,
        member("guest", 4212, 4200, &[("uts", 78)]),
    ])
}

#[test]
fn the_same_name_is_the_same_namespace() {
    let theme = Theme::default();
    let shown = lines(&world(), None, 80, theme);
    let expected = "\
process   pid  inside  uts    pid
isolab   4200          host   host
box      4211          …1877  host
  sleep  4300       1  …1877  …1880
guest    4212          …1878  host
shared by all: user, mnt, net, ipc, cgroup, time

uts:[4026531877]  2 members: box, sleep
  owned by user:[4026531801]  the host's · kept by its members
uts:[4026531878]  1 member: guest
  owned by user:[4026531801]  the host's · kept by its members
pid:[4026531880]  1 member: sleep
  owned by user:[4026531801]  the host's · kept by its members";
    let narrow = test::text(&lines(&world(), None, 40, theme));
    let table = |text: &str| text.lines().take(5).collect::<Vec<_>>().join("\n");
    assert_eq!(table(&narrow), table(expected));
    assert!(narrow.contains("\nshared by all: user, mnt, net, ipc,\n  cgroup, time\n"), "{narrow}");
    assert_eq!(test::style_of(&shown, "…1877"), theme.style(Role::Plain));
    assert_eq!(shown[1].spans[0].style, theme.style(Role::Host));
    let wide = test::text(&lines(&world(), None, 160, theme));
    assert!(wide.contains("4026531877") && !wide.contains("shared by all"), "{wide}");
    for line in expected.lines().skip(6) {
        assert!(wide.contains(line), "{line}\n{wide}");
    }
}

#[test]
fn changes_since_before_are_marked() {
    let theme = Theme::default();
    let old = map(vec![
        member("host", 4200, 1, &[]),
        member("box", 4211, 4200, &[]),
        member("old", 4209, 1, &[("net", 9)]),
    ]);
    let shown = lines(&world(), Some(&old), 50, theme);
    let text = test::text(&shown);
    assert!(text.contains("box      4211              …1877 ≠  host\n"), "{text}");
    assert!(text.contains("  sleep  4300       1 new  …1877    …1880\n"), "{text}");
    assert!(text.contains("≠ ended: old 4209\n"), "{text}");
    assert!(text.contains("uts:[4026531877]  new  2 members: box, sleep\n"), "{text}");
    assert!(text.ends_with("≠ gone: net:[4026531809]"), "{text}");
    assert_eq!(test::style_of(&shown, "…1877 ≠"), theme.style(Role::Changed));
    assert_eq!(test::style_of(&shown, " new"), theme.style(Role::Changed));
}

#[test]
fn what_has_no_member_is_listed_with_what_keeps_it() {
    let mut world = map(vec![member("host", 4200, 1, &[])]);
    let kept = Namespace { kind: "uts".into(), owner: None, kept_by: vec!["open in keeper: fd 5".into()] };
    world.namespaces.insert(link("uts", 50), kept);
    let text = test::text(&lines(&world, None, 80, Theme::default()));
    assert!(text.ends_with("uts:[4026531850]  no member\n  kept by open in keeper: fd 5"), "{text}");
}

#[test]
fn an_empty_map_and_narrow_screens() {
    assert!(lines(&NamespaceMap::default(), None, 80, Theme::default()).len() <= 1);
    let text = test::text(&lines(&world(), None, 20, Theme::default()));
    assert!(text.contains("  sleep 4300\n  inside 1\n  uts …1877\n  pid …1880\n"), "{text}");
}

#[test]
fn everything_fits() {
    for hostile in test::HOSTILE {
        let mut world = world();
        world.members[2].name = hostile.into();
        world.members[1].links.insert("uts".into(), hostile.into());
        world.members[3].links.remove("uts");
        let evil =
            Namespace { kind: "uts".into(), owner: Some(hostile.into()), kept_by: vec![hostile.into()] };
        world.namespaces.insert(hostile.into(), evil);
        for width in test::WIDTHS {
            test::fits(&lines(&world, None, width, Theme::default()), width);
            test::fits(&lines(&world, Some(&map(Vec::new())), width, Theme::default()), width);
        }
    }
}
