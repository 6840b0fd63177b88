//! A machine's secrets on their way into the keyring: from standard input or a prompt to the Portlight that has the list.

use crate::{
    args::{GivenSecret, SecretKind, SecretSource},
    password,
};
use portlight_engine::model::{HttpAuth, HttpAuthChange, HttpHeader, PasswordChange, Secret, SecretsChange};

/// Reads a secret, or asks for it.
///
/// # Errors
/// A sentence for the terminal.
pub(super) fn read(given: &GivenSecret) -> Result<Secret, String> {
    match given {
        GivenSecret::Password(source) => typed(*source, "--password-stdin", "Password: "),
        GivenSecret::SecureOn(source) => typed(*source, "--secure-on-stdin", "SecureOn password: "),
        GivenSecret::Secret(source) => typed(*source, "--secret-stdin", "Secret to type: "),
        GivenSecret::HttpLogin { username, password, headers } => {
            let headers = match headers {
                true => headers_of(&password::all_of_stdin("--http-headers-stdin")?),
                false => Vec::new(),
            };
            let password = match password {
                Some(source) => typed(*source, "--http-password-stdin", "Password for the website: ")?,
                None => String::new().into(),
            };
            let auth = HttpAuth::new(username.clone(), &password, &headers);
            auth.to_secret().map_err(|cause| cause.to_string())
        }
    }
}

fn typed(source: SecretSource, option: &str, question: &str) -> Result<Secret, String> {
    match source {
        SecretSource::Stdin => password::from_stdin(option),
        SecretSource::Ask => password::ask(question, option),
    }
}

/// One header a line, `Name: value`.
fn headers_of(text: &Secret) -> Vec<HttpHeader> {
    let lines = text.expose().lines().filter(|line| !line.trim().is_empty());
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        HttpHeader { name: name.trim().to_owned(), value: value.trim().to_owned().into() }
    };
    lines.map(header).collect()
}

/// What becomes of a machine's secrets: those of some kinds are forgotten, and one of another kind goes beside.
///
/// # Errors
/// A sentence: that what goes beside is not what it is said to be.
pub(super) fn change(
    forgotten: &[SecretKind],
    given: Option<SecretKind>,
    mut secret: Option<Secret>,
) -> Result<SecretsChange, String> {
    let http_auth = match given {
        Some(SecretKind::HttpLogin) => {
            let text = secret.take().ok_or("there is no login to the website")?;
            let auth = HttpAuth::of_secret(&text).map_err(|_| "the login to the website cannot be read")?;
            Some(HttpAuthChange::from(auth))
        }
        _ => forgotten.contains(&SecretKind::HttpLogin).then_some(HttpAuthChange::Forget),
    };
    let mut of = |kind| match secret.take_if(|_| given == Some(kind)) {
        Some(password) => PasswordChange::Set { password },
        None if forgotten.contains(&kind) => PasswordChange::Forget,
        None => PasswordChange::Keep,
    };
    let password = of(SecretKind::Password);
    let secure_on = of(SecretKind::SecureOn);
    Ok(SecretsChange { password, http_auth, secure_on, secret: of(SecretKind::Secret) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_given_and_others_are_forgotten() {
        let secret = || Some(Secret::from("hunter2".to_owned()));
        let of = |forgotten: &[SecretKind], given| change(forgotten, given, secret()).unwrap();
        let given = of(&[SecretKind::SecureOn, SecretKind::HttpLogin], Some(SecretKind::Secret));
        assert!(matches!(given.secret, PasswordChange::Set { .. }) && matches!(given.password, PasswordChange::Keep));
        assert!(matches!(given.secure_on, PasswordChange::Forget));
        assert!(matches!(given.http_auth, Some(HttpAuthChange::Forget)));
        let none = of(&[], None);
        assert!(matches!(none.password, PasswordChange::Keep) && none.http_auth.is_none(), "it was for nothing");
        assert!(change(&[], Some(SecretKind::HttpLogin), secret()).is_err(), "it is no login to a website");
    }

    #[test]
    fn headers_are_lines_with_a_colon() {
        let text = "Cookie: id=7; a:b\n\n X-Token :t\nno name\n".to_owned().into();
        let headers: Vec<_> = headers_of(&text).into_iter().map(|header| (header.name, header.value)).collect();
        let shown: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(shown, [("Cookie", "id=7; a:b"), ("X-Token", "t"), ("no name", "")]);
    }
}
