//! A login for a website: the one in front of a machine, or the one that a list is on.

use crate::{
    error::{FormError, Result},
    model::{FieldProblem, HttpAuth, HttpAuthChange, HttpAuthProblem, Unsendable},
    transport::ws::Headers,
};

/// Whether a login for a website could be saved as it is typed.
///
/// # Errors
/// [`FormError::Fields`], with what is wrong and without what was typed.
pub fn check_http_auth(change: &HttpAuthChange) -> Result<()> {
    let HttpAuthChange::Set { username, password, headers } = change else { return Ok(()) };
    sendable(&HttpAuth::new(username.clone(), password, headers)).map_err(|wrong| {
        let fields = vec![FieldProblem::HttpAuth(wrong.problem)];
        FormError::Fields { fields }.into()
    })
}

/// Whether all of it can be sent.
///
/// # Errors
/// Why not.
pub(super) fn sendable(auth: &HttpAuth) -> Result<(), Unsendable> {
    auth.check()?;
    Headers::of(auth).map_err(|detail| HttpAuthProblem::HeaderName.told(detail))?.check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use serde_json::json;

    #[test]
    fn what_cannot_be_sent_is_told_by_its_kind_and_never_repeated() {
        let wrong = |login: serde_json::Value| {
            let mut typed = json!({ "change": "set", "username": "", "password": "", "headers": [] });
            for (field, value) in login.as_object().unwrap() {
                typed[field] = value.clone();
            }
            let change: HttpAuthChange = serde_json::from_value(typed).unwrap();
            match check_http_auth(&change) {
                Ok(()) => None,
                Err(Error::Form(FormError::Fields { fields })) => {
                    assert!(!format!("{fields:?}").contains("hunter2"));
                    Some(fields)
                }
                Err(other) => panic!("{other}"),
            }
        };
        let header = |name: &str, value: &str| json!({ "headers": [{ "name": name, "value": value }] });
        let told = |problem| Some(vec![FieldProblem::HttpAuth(problem)]);
        assert_eq!(wrong(header("X-Token", "hunter2")), None);
        assert_eq!(wrong(json!({ "username": "ann", "password": "hunter2" })), None);
        assert_eq!(wrong(header("Bearer hunter2", "")), told(HttpAuthProblem::HeaderName));
        assert_eq!(wrong(header("Host", "hunter2")), told(HttpAuthProblem::HeaderOurs));
        assert_eq!(wrong(header("X-Token", "hunter2\u{7}")), told(HttpAuthProblem::HeaderControl));
        assert_eq!(wrong(json!({ "username": "ann:hunter2" })), told(HttpAuthProblem::LoginColon));
        assert_eq!(wrong(json!({ "username": "ann", "password": "hunter2\n" })), told(HttpAuthProblem::LoginControl));
        assert!(check_http_auth(&HttpAuthChange::Forget).is_ok());
    }
}
