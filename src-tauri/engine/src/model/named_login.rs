//! A named login: a user name and a password that several machines use, and that is changed in one place.

use super::{FieldProblem, Host, LoginId, NamedLoginProblem, Recipient, Target, text::one_line};
use serde::{Deserialize, Serialize};

/// A login that several machines use. Its password is in the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLogin {
    /// Its name for life.
    pub id: LoginId,
    /// What the user calls it; never empty, and no other one's.
    pub name: String,
    /// Empty where each machine has its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Whether the keyring has a password for it, as far as we know.
    #[serde(default)]
    pub has_password: bool,
}

impl NamedLogin {
    /// A new one, as typed.
    ///
    /// # Errors
    /// What is wrong with the name, or with the user name.
    pub(crate) fn new(name: &str, username: &str) -> Result<Self, FieldProblem> {
        let name = one_line(name).map_err(FieldProblem::Name)?;
        if name.is_empty() {
            return Err(FieldProblem::Login(NamedLoginProblem::NoName));
        }
        let username = one_line(username).map_err(FieldProblem::Username)?;
        Ok(Self { id: LoginId::new(), name, username, has_password: false })
    }

    /// Whether it is called so. Case does not matter: names that differ only in case would be confused.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.trim().to_lowercase()
    }
}

/// A named login, and a server that a machine uses it for.
pub(crate) type LoginUse = (LoginId, Recipient);

impl Host {
    /// The named login that it uses, and for which server.
    pub(crate) fn login_use(&self) -> Option<LoginUse> {
        Some((self.login?, self.recipient()))
    }
}

impl Target {
    /// With the user name of its named login, where that has one. One that is not there is as none.
    #[must_use]
    pub fn with_login_of(mut self, logins: &[NamedLogin]) -> Self {
        let found = self.login.and_then(|id| logins.iter().find(|login| login.id == id));
        self.login = found.map(|login| login.id);
        if let Some(username) = found.map(|login| &login.username).filter(|username| !username.is_empty()) {
            self.username.clone_from(username);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_a_name_on_one_line() {
        let login = NamedLogin::new("  Lab ", " ann ").unwrap();
        assert_eq!((login.name.as_str(), login.username.as_str()), ("Lab", "ann"));
        assert!(login.is_called(" LAB") && !login.is_called("Lab 2"));
        assert_eq!(NamedLogin::new(" ", ""), Err(FieldProblem::Login(NamedLoginProblem::NoName)));
        assert!(matches!(NamedLogin::new("a\nb", ""), Err(FieldProblem::Name(_))));
        assert!(matches!(NamedLogin::new("a", &"b".repeat(201)), Err(FieldProblem::Username(_))));
    }

    #[test]
    fn its_user_name_takes_the_place_of_the_machines_own() {
        let (named, nameless) = (NamedLogin::new("Lab", "ann").unwrap(), NamedLogin::new("VNC", "").unwrap());
        let mut target = Target::from(&Host::demo("Box"));
        target.username = "own".into();
        for (login, username, found) in
            [(Some(named.id), "ann", true), (Some(nameless.id), "own", true), (Some(LoginId::new()), "own", false)]
        {
            let target = Target { login, ..target.clone() }.with_login_of(&[named.clone(), nameless.clone()]);
            assert_eq!((target.username.as_str(), target.login.is_some()), (username, found));
        }
    }
}
