//! Where a console is that is made for the moment, as a command says: one object of JSON.

use super::run::{Limits, run};
use crate::{
    error::{CommandError, ConsoleProblem},
    model::{Address, CommandLine, HttpAuth, Jump, JumpProblem, Placeholders, Secret},
};
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::{cell::Cell, collections::BTreeMap, fmt, time::Duration};

/// It may log in at a hypervisor, and start something there.
const LIMITS: Limits = Limits { time: Duration::from_secs(60), output: 64 * 1024 };
/// How many characters a user name may have.
const MAX_USERNAME: usize = 200;

/// A console, as its command has said it. It is good for one connection.
pub(crate) struct Console {
    /// Where it is now.
    pub(crate) address: Address,
    /// The user name, instead of the machine's own.
    pub(crate) username: Option<String>,
    /// The password.
    pub(crate) password: Option<Secret>,
    /// SHA-256 of the certificate or key that it shows.
    pub(crate) fingerprint: Option<String>,
    /// The headers for its site, instead of what the keyring has.
    pub(crate) headers: Option<HttpAuth>,
    /// The SSH host that it is reached through, instead of the machine's own.
    pub(crate) jump: Option<Jump>,
}

/// Asks `command` where a machine's console is.
///
/// # Errors
/// [`CommandError`]; where it is about what was printed, by what is wrong in it.
pub(crate) async fn console(command: &CommandLine, known: &Placeholders) -> Result<Console, CommandError> {
    let output = run(command, known, LIMITS).await?;
    read(&output).map_err(|Wrong { problem, detail }| CommandError::BadConsole {
        program: command.program().to_owned(),
        problem,
        detail,
    })
}

/// What is wrong with a console. The words have nothing of what was printed.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    problem: ConsoleProblem,
    detail: String,
}

fn wrong(problem: ConsoleProblem) -> Wrong {
    Wrong { problem, detail: String::new() }
}

fn read(output: &[u8]) -> Result<Console, Wrong> {
    let place = Cell::new(ConsoleProblem::NotObject);
    let mut json = serde_json::Deserializer::from_slice(output);
    let fields = json.deserialize_map(Reader(&place)).and_then(|fields| json.end().map(|()| fields));
    let Fields { address, username, password, fingerprint, headers, ssh } =
        fields.map_err(|cause| match cause.is_data() {
            // serde's own words would quote the value.
            true => wrong(place.get()),
            false => Wrong { problem: ConsoleProblem::NotJson, detail: cause.to_string() },
        })?;
    let address = address.filter(|text| !text.trim().is_empty()).ok_or_else(|| wrong(ConsoleProblem::NoAddress))?;
    let address = Address::parse(&address)
        .map_err(|cause| Wrong { problem: ConsoleProblem::Address, detail: cause.to_string() })?;
    if username.as_ref().is_some_and(|name| name.contains(char::is_control) || name.chars().count() > MAX_USERNAME) {
        return Err(wrong(ConsoleProblem::Username));
    }
    if fingerprint.as_deref().is_some_and(|text| !is_sha256(text)) {
        return Err(wrong(ConsoleProblem::Fingerprint));
    }
    let headers = headers.map(HttpAuth::of_headers);
    if let Some(Err(wrong)) = headers.as_ref().map(HttpAuth::check) {
        return Err(Wrong { problem: ConsoleProblem::Headers, detail: wrong.detail });
    }
    let jump = ssh.map(|text| read_jump(&text, &address)).transpose();
    let jump = jump.map_err(|cause| Wrong { problem: ConsoleProblem::Ssh, detail: cause.to_string() })?;
    Ok(Console { address, username, password, fingerprint, headers, jump })
}

/// The SSH host in front of `address`, which is held to what a machine's own is held to.
fn read_jump(text: &str, address: &Address) -> Result<Jump, JumpProblem> {
    let jump = Jump::parse(text)?;
    if matches!(address, Address::Tcp { .. }) { Ok(jump) } else { Err(JumpProblem::Address) }
}

/// 32 bytes in hexadecimal, with or without colons.
fn is_sha256(text: &str) -> bool {
    let bare = text.trim().replace(':', "");
    bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The object as it is written. What is null is left out.
#[derive(Default)]
struct Fields {
    address: Option<String>,
    username: Option<String>,
    password: Option<Secret>,
    fingerprint: Option<String>,
    headers: Option<BTreeMap<String, Secret>>,
    ssh: Option<String>,
}

/// Reads the object, and notes what it is about to read, for the case that this is of another kind.
struct Reader<'a>(&'a Cell<ConsoleProblem>);

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            let at = |problem| self.0.set(problem);
            match name.as_str() {
                "address" => (at(ConsoleProblem::Address), fields.address = map.next_value()?).1,
                "username" => (at(ConsoleProblem::Username), fields.username = map.next_value()?).1,
                "password" => (at(ConsoleProblem::Password), fields.password = map.next_value()?).1,
                "fingerprint" => (at(ConsoleProblem::Fingerprint), fields.fingerprint = map.next_value()?).1,
                "headers" => (at(ConsoleProblem::Headers), fields.headers = map.next_value()?).1,
                "ssh" => (at(ConsoleProblem::Ssh), fields.ssh = map.next_value()?).1,
                // A field that is not understood may be what keeps the connection safe.
                _ => {
                    at(ConsoleProblem::UnknownField);
                    map.next_value::<IgnoredAny>()?;
                    return Err(A::Error::custom("unknown field"));
                }
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(output: &str) -> (ConsoleProblem, String) {
        let Wrong { problem, detail } = read(output.as_bytes()).err().unwrap();
        (problem, detail)
    }

    #[test]
    fn a_console_is_read_whole_or_with_its_address_alone() {
        let sha256 = "0A:".repeat(31) + "ff";
        let output = format!(
            r#" {{"address": "wss://pve:8006/vnc?ticket=a%2Bb", "username": "root", "password": "se\"same", "fingerprint": "{sha256}",
                "headers": {{"Cookie": "PVEAuthCookie=x", "X-A": "b"}}}} "#
        );
        let console = read(output.as_bytes()).unwrap();
        assert_eq!(console.address.to_string(), "wss://pve:8006/vnc?ticket=a%2Bb");
        assert_eq!((console.username.as_deref(), console.password.unwrap().expose()), (Some("root"), "se\"same"));
        assert_eq!(console.fingerprint, Some(sha256));
        assert_eq!(console.headers.unwrap().headers.len(), 2);
        let tunnelled = read(br#"{"address":"127.0.0.1:5901","ssh":"ssh://ann@hypervisor:2222"}"#).unwrap();
        assert_eq!(tunnelled.jump.unwrap().to_string(), "ssh://ann@hypervisor:2222");
        let plain = read(br#"{"address":"127.0.0.1:5901","password":null}"#).unwrap();
        assert_eq!(plain.address.to_string(), "127.0.0.1:5901");
        assert!(plain.password.is_none() && plain.headers.is_none());
    }

    #[test]
    fn what_is_wrong_is_named_without_what_was_printed() {
        use ConsoleProblem::*;
        for (output, expected) in [
            ("", NotJson),
            ("hunter2", NotJson),
            (r#"{"address": "hunter2""#, NotJson),
            (r#"{"address": "box"} hunter2"#, NotJson),
            (r#""hunter2""#, NotObject),
            (r#"["hunter2"]"#, NotObject),
            ("{}", NoAddress),
            (r#"{"address": " "}"#, NoAddress),
            (r#"{"address": "hunter2 hunter2"}"#, Address),
            (r#"{"address": "wss://ann:hunter2@box/"}"#, Address),
            (r#"{"address": 5900}"#, Address),
            (r#"{"address": "box", "username": ["hunter2"]}"#, Username),
            (r#"{"address": "box", "username": "hunter2\n"}"#, Username),
            (r#"{"address": "box", "password": {"a": "hunter2"}}"#, Password),
            (r#"{"address": "box", "fingerprint": "hunter2"}"#, Fingerprint),
            (r#"{"address": "box", "headers": ["hunter2"]}"#, Headers),
            (r#"{"address": "box", "headers": {"a": 1}}"#, Headers),
            (r#"{"address": "box", "headers": {"a b": "hunter2"}}"#, Headers),
            (r#"{"address": "box", "ssh": ["hunter2"]}"#, Ssh),
            (r#"{"address": "box", "ssh": "-oProxyCommand=hunter2"}"#, Ssh),
            (r#"{"address": "box", "ssh": "ann:hunter2@gate"}"#, Ssh),
            (r#"{"address": "box", "ssh": "hunter2; hunter2"}"#, Ssh),
            (r#"{"address": "wss://box/", "ssh": "hunter2"}"#, Ssh),
            (r#"{"address": "/run/vnc.sock", "ssh": "hunter2"}"#, Ssh),
            (r#"{"adress": "hunter2"}"#, UnknownField),
        ] {
            let (problem, detail) = problem(output);
            assert_eq!(problem, expected, "{output}");
            assert!(!detail.contains("hunter2"), "{output}: {detail}");
        }
        assert_eq!(problem(r#"{"address": "box:70000"}"#).1, "the port is not a number from 1 to 65535");
    }
}
