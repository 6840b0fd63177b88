//! Which secrets of a machine `add` and `edit` put into the keyring, and which they take out. Never from an argument, which every user
//! of this computer can read.

use super::{SecretKind, given::Given};

/// What becomes of a machine's secrets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SecretArgs {
    /// The one that is given: one at a time, as one travels to the Portlight that runs.
    pub given: Option<GivenSecret>,
    /// Those that leave the keyring.
    pub forgotten: Vec<SecretKind>,
}

/// A secret, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenSecret {
    /// Its password.
    Password(SecretSource),
    /// The SecureOn password of its network card.
    SecureOn(SecretSource),
    /// What is typed into its screen.
    Secret(SecretSource),
    /// The login to the website in front of it, as a whole.
    HttpLogin {
        /// The user name; empty where there are only headers.
        username: String,
        /// The password; none where there are only headers.
        password: Option<SecretSource>,
        /// Whether headers come on standard input.
        headers: bool,
    },
}

/// Where a secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretSource {
    /// The first line of standard input.
    Stdin,
    /// What is typed at a prompt.
    Ask,
}

impl GivenSecret {
    /// Which it is.
    pub fn kind(&self) -> SecretKind {
        match self {
            Self::Password(_) => SecretKind::Password,
            Self::SecureOn(_) => SecretKind::SecureOn,
            Self::Secret(_) => SecretKind::Secret,
            Self::HttpLogin { .. } => SecretKind::HttpLogin,
        }
    }
}

/// A kind of secret, and the options that give it on standard input, by a prompt, and forget it.
type Options = (SecretKind, [&'static str; 3], fn(SecretSource) -> GivenSecret);

const OPTIONS: [Options; 3] = [
    (SecretKind::Password, ["password-stdin", "ask-password", "forget-password"], GivenSecret::Password),
    (SecretKind::SecureOn, ["secure-on-stdin", "ask-secure-on", "forget-secure-on"], GivenSecret::SecureOn),
    (SecretKind::Secret, ["secret-stdin", "ask-secret", "forget-secret"], GivenSecret::Secret),
];

/// What becomes of a machine's secrets.
pub(super) fn secrets(given: &Given) -> Result<SecretArgs, String> {
    if given.value("named-login").is_some_and(|name| !name.is_empty())
        && ["password-stdin", "ask-password", "password-command"].iter().any(|name| given.flag(name))
    {
        return Err("a machine with --named-login has no password and no command of its own".to_owned());
    }
    let (mut typed, mut forgotten) = (Vec::new(), Vec::new());
    for (kind, options, secret) in OPTIONS {
        match options.map(|option| given.flag(option)) {
            [false, false, false] => {}
            [true, false, false] => typed.push(secret(SecretSource::Stdin)),
            [false, true, false] => typed.push(secret(SecretSource::Ask)),
            [false, false, true] => forgotten.push(kind),
            _ => return Err(only_one_of(&options)),
        }
    }
    typed.extend(http_login(given)?);
    if given.flag("forget-http-login") {
        forgotten.push(SecretKind::HttpLogin);
    }
    let one = typed.pop();
    match typed.is_empty() {
        true => Ok(SecretArgs { given: one, forgotten }),
        false => Err("one secret at a time: portlight edit keeps the other ones".to_owned()),
    }
}

/// The login to a website: user name and password, headers, or all of it. It replaces the one that is saved as a whole.
fn http_login(given: &Given) -> Result<Option<GivenSecret>, String> {
    let (username, headers) = (given.value("http-username"), given.flag("http-headers-stdin"));
    let password = match (given.flag("http-password-stdin"), given.flag("ask-http-password")) {
        (true, true) => return Err(only_one_of(&["http-password-stdin", "ask-http-password"])),
        (true, false) if headers => {
            return Err("standard input has the headers: --ask-http-password asks for the password".to_owned());
        }
        (true, false) => Some(SecretSource::Stdin),
        (false, true) => Some(SecretSource::Ask),
        (false, false) => None,
    };
    match (username, password) {
        (None, None) if !headers => Ok(None),
        (Some(_), None) => {
            Err("--http-username needs its password: --http-password-stdin or --ask-http-password".to_owned())
        }
        (None, Some(_)) => Err("whose password for the website? --http-username NAME".to_owned()),
        _ if given.flag("forget-http-login") => {
            Err("--forget-http-login takes the login to the website away: it goes with no new one".to_owned())
        }
        (username, password) => {
            Ok(Some(GivenSecret::HttpLogin { username: username.unwrap_or_default(), password, headers }))
        }
    }
}

fn only_one_of(options: &[&str]) -> String {
    let names: Vec<String> = options.iter().map(|option| format!("--{option}")).collect();
    format!("only one of {}", names.join(", "))
}
