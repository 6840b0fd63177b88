//! What a step has done to a named login, as a value: what it takes to undo it.

use crate::model::{NamedLogin, Secret};

/// What a step has done to a named login.
#[derive(Debug, Clone)]
pub(crate) enum NamedChange {
    /// It came or went. Which of both is to be done next, the present logins say.
    Whole(WholeLogin),
    /// It was changed.
    Fields(Box<LoginFields>),
}

/// A named login with all that there is of it.
#[derive(Debug, Clone)]
pub(crate) struct WholeLogin {
    pub(crate) login: NamedLogin,
    /// Its place among all.
    pub(crate) position: usize,
    /// What the keyring had of it when it went.
    pub(crate) item: Option<Secret>,
}

/// A named login before it was changed, and after that.
#[derive(Debug, Clone)]
pub(crate) struct LoginFields {
    pub(crate) before: NamedLogin,
    pub(crate) after: NamedLogin,
    /// The password that was given up, and the one that took its place; none where it was not touched, so that no secret is held
    /// for a change of name.
    pub(crate) password: Option<(Option<Secret>, Option<Secret>)>,
}

impl NamedChange {
    /// What the login is called, after it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Whole(whole) => &whole.login.name,
            Self::Fields(fields) => &fields.after.name,
        }
    }
}

impl LoginFields {
    /// Whether nothing has changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.password.is_none() && self.before == self.after
    }

    /// The login as it is `now` with each field as it was before, but for those that were changed since; and whether there are such.
    pub(crate) fn taken_back(&self, now: &NamedLogin) -> (NamedLogin, bool) {
        let (mut back, mut is_left) = (now.clone(), false);
        let fields = [
            (&mut back.name, &self.before.name, &self.after.name),
            (&mut back.username, &self.before.username, &self.after.username),
        ];
        for (field, before, after) in fields {
            if before == after {
            } else if field == after {
                field.clone_from(before);
            } else {
                is_left |= field != before;
            }
        }
        (back, is_left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_again_since_stays() {
        let before = NamedLogin::new("Lab", "ann").unwrap();
        let after = NamedLogin { name: "Rack".into(), username: "bob".into(), ..before.clone() };
        let fields = LoginFields { before: before.clone(), after: after.clone(), password: None };
        assert_eq!(fields.taken_back(&after), (before.clone(), false));
        let since = NamedLogin { name: "Hall".into(), ..after };
        assert_eq!(fields.taken_back(&since), (NamedLogin { name: "Hall".into(), ..before.clone() }, true));
        assert_eq!(fields.taken_back(&before), (before.clone(), false), "it is as it was already");
        assert!(!fields.is_empty());
        assert!(LoginFields { after: before, ..fields }.is_empty());
    }
}
