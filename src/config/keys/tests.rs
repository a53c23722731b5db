use super::*;

fn press(text: &str) -> Vec<Chord> {
    chord::sequence(text).unwrap()
}

#[test]
fn the_defaults_have_no_problem_and_no_conflict() {
    let (map, problems) = Keymap::load(None);
    assert_eq!(problems, []);
    assert!(map.bindings().len() > 60);
    for binding in map.bindings() {
        assert_eq!(map.conflict(binding), None);
        let scopes = binding.run.spec().scopes;
        let fits = binding.scope == Scope::Global || scopes.contains(&binding.scope) || scopes.contains(&Scope::Global);
        assert!(fits, "{} is bound in {}, where it has no meaning", binding.run, binding.scope.name());
    }
}

#[test]
fn every_place_offers_at_most_eight_hints() {
    let map = Keymap::defaults();
    for scope in Scope::ALL {
        let scopes: &[Scope] = if scope.takes_text() { &[scope] } else { &[scope, Scope::Global] };
        let hints = map.hints(scopes, |_| true);
        assert!((1..=8).contains(&hints.len()), "{}: {hints:?}", scope.name());
    }
}

#[test]
fn every_command_can_be_reached() {
    let map = Keymap::defaults();
    for spec in crate::command::TABLE.iter().filter(|spec| spec.id != Id::KeyNone) {
        assert!(map.bindings().iter().any(|binding| binding.run.id == spec.id), "{} has no key", spec.name);
    }
}

#[test]
fn sequences_wait_without_a_clock() {
    let map = Keymap::defaults();
    let scopes = [Scope::List, Scope::Global];
    assert!(
        matches!(map.resolve(&press("g"), &scopes), Resolved::Pending(next) if next.contains(&("g".into(), "top")))
    );
    assert_eq!(map.resolve(&press("g g"), &scopes), Resolved::Run(Command::new(Id::ListTop)));
    assert_eq!(map.resolve(&press("g x"), &scopes), Resolved::Nothing);
    assert_eq!(map.resolve(&press("j"), &scopes), Resolved::Run(Command::new(Id::ListDown)));
}

#[test]
fn the_inner_scope_wins() {
    let map = Keymap::defaults();
    let space = press("space");
    assert_eq!(map.resolve(&space, &[Scope::Round, Scope::Global]), Resolved::Run(Command::new(Id::RoundNext)));
    assert_eq!(map.resolve(&space, &[Scope::List, Scope::Global]), Resolved::Run(Command::new(Id::RoundStart)));
}

#[test]
fn a_user_patches_the_defaults_and_bad_lines_cost_only_themselves() {
    let text = r#"
colour = "red"
[[bind]]
on = "m"
run = "note.add"
in = "list"

[[bind]]
on = "n"
run = "none"
in = "list"

[[bind]]
on = "ctr-x"
run = "list.top"

[[bind]]
on = "x"
run = "list.tip"

[[bind]]
on = "x"
run = "list.top"
in = "lists"

[[bind]]
on = "x
run = "list.top"

[[bind]]
on = "x"
run = "app.undo"
in = "note"

[[bind]]
on = "g"
run = "list.bottom"
in = "list"
"#;
    let (map, problems) = Keymap::load(Some((text, "~/keys.toml")));
    let said: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(said[0], "~/keys.toml:2: colour = \"red\" stands before the first [[bind]]; it was skipped");
    assert!(said[1].starts_with("~/keys.toml:13: there is no key ctr-x"), "{}", said[1]);
    assert!(said[2].starts_with("~/keys.toml:17: there is no command list.tip; did you mean list."), "{}", said[2]);
    assert!(said[3].starts_with("~/keys.toml:21: there is no place lists; in is one of list, account"), "{}", said[3]);
    assert!(said[4].starts_with("~/keys.toml:27: "), "{}", said[4]);
    assert!(said[5].starts_with("~/keys.toml:30: x is text in note"), "{}", said[5]);
    assert!(said[6].starts_with("~/keys.toml:35: g runs list.bottom and also begins g g (list.top)"), "{}", said[6]);
    assert_eq!(said.len(), 7);
    assert_eq!(map.resolve(&press("m"), &[Scope::List]), Resolved::Run(Command::new(Id::NoteAdd)));
    assert_eq!(map.resolve(&press("n"), &[Scope::List]), Resolved::Nothing);
    // The rebound command keeps its place in the bottom line, under its new key.
    assert_eq!(map.hints(&[Scope::List], |_| true)[0].keys, "m");
}
