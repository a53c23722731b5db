use std::collections::BTreeMap;

use crate::connect::manifest::load_as;
use crate::connect::{Chosen, ConnectError, SourceConfig, choose};

const GOOD: &str = r#"connector = 1
name = "Small CRM"
settings = { token = { secret = true, ask = "API token" }, email = { ask = "Your mail address", optional = true, example = "you@example.com" }, client_id = { ask = "Client id of the app", optional = true }, region = { default = "eu", choices = ["eu", "us"] } }
base.url = "https://{{ settings.region }}.small.example"
auth.mail = { kind = "basic", user = "{{ settings.email }}/token", password = "{{ settings.token }}" }
auth.app = { kind = "oauth", grants = ["device", "pkce"], authorize = "https://{{ settings.region }}.small.example/authorize", token = "https://small.example/token", device = "https://small.example/device", scopes = ["read"], keep = { site = "site" } }
auth.open = { kind = "none" }
"#;

fn chosen(settings: &[(&str, &str)], sign_in: Option<&str>, stored: Option<&str>) -> Result<Chosen, ConnectError> {
    chosen_of(GOOD, settings, sign_in, stored)
}

fn chosen_of(
    text: &str,
    settings: &[(&str, &str)],
    sign_in: Option<&str>,
    stored: Option<&str>,
) -> Result<Chosen, ConnectError> {
    let mut config = SourceConfig::new("crm", "small");
    config.settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>();
    config.sign_in = sign_in.map(str::to_owned);
    choose(&config, &load_as(text, "small.toml", false).unwrap(), None, stored)
}

#[test]
fn the_first_way_whose_settings_are_given_is_gone() {
    let way = |settings: &[(&str, &str)], sign_in, stored| chosen(settings, sign_in, stored).unwrap().way;
    assert_eq!(way(&[("email", "a@b.example"), ("client_id", "id")], None, None), "mail");
    assert_eq!(way(&[("client_id", "id")], None, None), "app");
    assert_eq!(way(&[("email", "")], None, None), "open", "an empty answer is none");
    let both = [("email", "a@b.example"), ("client_id", "id")];
    assert_eq!(way(&both, Some("app"), None), "app");
    assert_eq!(way(&both, None, Some("app")), "app", "what was signed in with is gone on with");
    assert_eq!(way(&both, Some("mail"), Some("app")), "mail");
    assert_eq!(way(&[("email", "a@b.example")], None, Some("app")), "mail", "but not without what it needs");
}

#[test]
fn what_a_source_says_wrong_is_told_with_the_line_to_add() {
    let said = |settings: &[(&str, &str)], sign_in| chosen(settings, sign_in, None).unwrap_err().to_string();
    assert_eq!(
        said(&[], Some("magic")),
        "config.toml source.crm.sign_in: \"magic\" is no way to sign in to Small CRM; allowed: mail, app, open"
    );
    assert_eq!(
        said(&[], Some("mail")),
        "config.toml source.crm.settings.email: is missing, and signing in by mail needs it (Your mail address): add the line \
         email = \"you@example.com\" under [source.crm.settings] in config.toml"
    );
    assert!(said(&[], Some("app")).contains("add the line client_id = \"...\" under [source.crm.settings]"));
    assert_eq!(
        said(&[("region", "mars")], None),
        "config.toml source.crm.settings.region: \"mars\" is not one of the answers: eu, us"
    );
    let closed = GOOD.replace("auth.open = { kind = \"none\" }\n", "");
    let error = chosen_of(&closed, &[], None, None).unwrap_err().to_string();
    assert!(error.contains("no way to sign in has all it needs: mail needs email; app needs client_id"), "{error}");
}

#[test]
fn a_wrong_way_is_told_by_line() {
    let errors = |from: &str, to: &str| match load_as(&GOOD.replace(from, to), "small.toml", false) {
        Ok(_) => String::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    assert_eq!(errors("", ""), "");
    for (from, to, wanted) in [
        (
            "\"device\", \"pkce\"",
            "\"jwt\"",
            "small.toml:6 auth.app.grants: \"jwt\" is unknown here; allowed: pkce, device",
        ),
        ("grants = [\"device\", \"pkce\"], ", "", "small.toml:6 auth.app.grants: is missing"),
        (
            "device = \"https://small.example/device\", ",
            "",
            "small.toml:6 auth.app.device: is missing; an address is needed",
        ),
        (
            "token = \"https://small.example/token\", ",
            "",
            "small.toml:6 auth.app.token: is missing; an address is needed",
        ),
        ("keep = { site", "port = 80, keep = { site", "small.toml:6 auth.app.port: is no port"),
        (
            "keep = { site",
            "client = \"cookie\", keep = { site",
            "auth.app.client: \"cookie\" is unknown here; allowed: body, basic",
        ),
        (
            "keep = { site",
            "scope = \"x\", keep = { site",
            "auth.app.scope: this key is unknown here; allowed: authorize, body",
        ),
        ("{{ settings.email }}/token", "{{ settings.mail }}/token", "small.toml:5 auth.mail: needs a setting \"mail\""),
        ("{ kind = \"none\" }", "{ }", "small.toml:7 auth.open.kind: is missing; allowed: bearer, header"),
        ("default = \"eu\"", "default = \"mars\"", "settings.region.default: \"mars\" is none of the choices: eu, us"),
    ] {
        let said = errors(from, to);
        assert!(said.contains(wanted), "{to}: {said}");
    }
}
