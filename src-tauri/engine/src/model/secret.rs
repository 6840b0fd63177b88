//! Passwords as values, and what a form wants done with them.

use serde::{Deserialize, Deserializer};
use std::fmt;
use zeroize::Zeroizing;

/// A password. Overwritten when it is dropped, and never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The password itself. Do not store a copy: only this one is overwritten.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// To read a password into. Give it room first: one that grows leaves copies.
    pub fn expose_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

impl From<String> for Secret {
    fn from(password: String) -> Self {
        Self(Zeroizing::new(password))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// From a form; nothing ever sends one back.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// What the form wants done with a password.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum PasswordChange {
    /// Nothing.
    #[default]
    Keep,
    /// Take it out of the keyring.
    Forget,
    /// Put it into the keyring.
    Set {
        /// As typed.
        #[cfg_attr(test, ts(type = "string"))]
        password: Secret,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let change: PasswordChange = serde_json::from_str(r#"{"change":"set","password":"hunter2"}"#).unwrap();
        assert_eq!(format!("{change:?}"), "Set { password: [secret] }");
        let PasswordChange::Set { password } = change else { panic!("{change:?}") };
        assert_eq!(password.clone().expose(), "hunter2");
    }

    #[test]
    fn the_form_says_keep_forget_or_set() {
        let read = |json| serde_json::from_str::<PasswordChange>(json);
        assert!(matches!(read(r#"{"change":"keep"}"#), Ok(PasswordChange::Keep)));
        assert!(matches!(read(r#"{"change":"forget"}"#), Ok(PasswordChange::Forget)));
        for wrong in [r#"{"change":"set"}"#, r#"{"change":"other"}"#, "{}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
