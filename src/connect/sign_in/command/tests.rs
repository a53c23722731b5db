use super::*;
use crate::connect::manifest::load_as;
use crate::connect::sign_in::{Means, choose};

/// A connector whose token a program prints; `RUN`, `ALSO` are its commands.
fn connector(run: &str, also: &str) -> String {
    format!(
        r#"connector = 1
name = "Small CRM"
settings = {{ org = {{ ask = "Alias", example = "work", optional = true }} }}
base.url = "{{{{ sign_in.instance_url }}}}"
auth.cli = {{ kind = "command", run = {run}, token = "result.accessToken", refuse = "[REDACTED", help = "small login --alias {{{{ settings.org }}}}", also = {{ run = {also}, keep = {{ instance_url = "result.instanceUrl" }} }} }}
"#
    )
}

fn config() -> SourceConfig {
    let mut config = SourceConfig::new("crm", "small");
    config.settings.insert("org".into(), "work; touch /tmp/no".into());
    config
}

fn program(run: &str, also: &str) -> Program {
    let manifest = load_as(&connector(run, also), "small.toml", true).unwrap();
    match choose(&config(), &manifest, None, None).unwrap().means {
        Means::Program(program) => *program,
        other => panic!("{other:?}"),
    }
}

const GOOD: &str = r#"["printf", '{"status":0,"result":{"accessToken":"canary-%s"}}', "{{ settings.org }}"]"#;
const ALSO: &str = r#"["printf", '{"result":{"instanceUrl":"https://acme.small.example"}}']"#;

#[test]
fn a_program_gives_the_token_and_more_and_no_shell_sees_the_settings() {
    let signed = program(GOOD, ALSO).sign_in().unwrap();
    assert_eq!(signed.token.expose_secret(), "canary-work; touch /tmp/no");
    assert_eq!(signed.kept["instance_url"], "https://acme.small.example");
    assert_eq!(signed.way.as_deref(), Some("cli"));
    assert!(!format!("{signed:?}").contains("canary"));
}

#[test]
fn its_failures_say_what_it_said_and_what_to_do_and_no_token() {
    for (run, also, words) in [
        (r#"["no-such-program-here"]"#, ALSO, "no-such-program-here is not installed"),
        (r#"["false"]"#, ALSO, "false failed. Sign in with it: small login --alias work"),
        (r#"["ls", "/no/such/folder"]"#, ALSO, "ls says: ls: "),
        (r#"["echo", "canary-token"]"#, ALSO, "what echo printed is no JSON"),
        (r#"["echo", '{"result":{}}']"#, ALSO, "echo printed no token"),
        (r#"["echo", '{"result":{"accessToken":"[REDACTED] canary"}}']"#, ALSO, "echo hides the token"),
        (
            r#"["sh", "-c", "echo '{\"name\":\"NotFound\",\"message\":\"No org work\",\"token\":\"canary\"}'; echo warning >&2; exit 1"]"#,
            ALSO,
            "sh says: No org work. Sign in with it",
        ),
        (GOOD, r#"["false"]"#, "false failed"),
    ] {
        let error = program(run, also).sign_in().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("Small CRM (crm): ") && text.contains(words), "{run}: {text}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{run}: {error:?}");
        assert_eq!(error.class(), crate::connect::ErrorClass::SignIn);
    }
}

#[test]
fn one_that_does_not_end_is_ended() {
    for run in [r#"["sleep", "600"]"#, r#"["sh", "-c", "exec >&-; exec sleep 600"]"#] {
        let mut program = program(run, ALSO);
        program.limit = Duration::from_millis(50);
        let text = program.sign_in().unwrap_err().to_string();
        assert!(text.contains("did not end within 0 seconds"), "{text}");
    }
}

#[tokio::test]
async fn the_same_token_again_is_no_new_one() {
    let program = program(GOOD, ALSO);
    let first = program.sign_in().unwrap().token;
    assert!(program.renewal(first)().await.unwrap().is_none());
    let renewed = program.renewal(SecretString::from("older"))().await.unwrap().unwrap();
    assert_eq!(renewed.token.expose_secret(), "canary-work; touch /tmp/no");
}

#[test]
fn only_a_connector_that_comes_with_rounds_may_run_one() {
    let errors = load_as(&connector(GOOD, ALSO), "connectors/own.toml", false).unwrap_err();
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 1, "{text:?}");
    assert!(
        text[0]
            .starts_with("connectors/own.toml:5 auth.cli.kind: a connector from the config folder can't run a program")
    );
    assert!(text[0].contains("token_command"));
    assert!(crate::connect::load(&connector(GOOD, ALSO), "salesforce.toml").is_err(), "a name makes it no built-in");
}
