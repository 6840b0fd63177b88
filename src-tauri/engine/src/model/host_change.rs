//! What is to be changed of a host, field by field: for the command line, which shows no form.

use super::{
    Colour, DisplayChange, HostDraft, HttpAuthChange, OnNewAddress, PasswordChange, PictureChoice, is_same_tag, said,
};
use serde::{Deserialize, Serialize};

/// The fields that are said; all others stay as they are. An empty text takes a field's value away.
///
/// A field that this Portlight does not know is refused, not left out: it was to be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of HostDraft and HostOptions")]
pub struct HostChange {
    pub name: Option<String>,
    pub address: Option<String>,
    pub username: Option<String>,
    pub ssh_jump: Option<String>,
    pub proxy: Option<String>,
    pub mac: Option<String>,
    pub wake_address: Option<String>,
    pub wake_port: Option<String>,
    pub wake_ssh_host: Option<String>,
    pub repeater_id: Option<String>,
    pub ca_file: Option<String>,
    pub client_certificate: Option<String>,
    pub client_key: Option<String>,
    /// The name of a named login, which takes the place of a command for the password, and a command that of a login.
    pub login: Option<String>,
    pub password_command: Option<String>,
    pub console_command: Option<String>,
    pub secret_name: Option<String>,
    pub notes: Option<String>,
    pub tags_added: Vec<String>,
    pub tags_removed: Vec<String>,
    /// Null takes it away.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub colour: Option<Option<Colour>>,
    pub picture: Option<PictureChoice>,
    pub favourite: Option<bool>,
    pub view_only: Option<bool>,
    pub frame: Option<bool>,
    pub ask_lines: Option<bool>,
    pub reconnect: Option<bool>,
    pub old_tls: Option<bool>,
    pub no_proxy: Option<bool>,
    pub display: DisplayChange,
    pub on_new_address: OnNewAddress,
}

/// What becomes of what the keyring has for a host, beside a [`HostChange`].
#[derive(Debug, Default)]
pub struct SecretsChange {
    /// Its password.
    pub password: PasswordChange,
    /// The login to the website in front of it; none: it stays.
    pub http_auth: Option<HttpAuthChange>,
    /// The SecureOn password of its network card.
    pub secure_on: PasswordChange,
    /// The secret that is typed into its screen.
    pub secret: PasswordChange,
}

impl HostChange {
    /// Changes a form so, all but the named login, which is looked up by its name elsewhere.
    pub(crate) fn apply(&self, form: &mut HostDraft) {
        for (said, field) in [
            (&self.name, &mut form.name),
            (&self.address, &mut form.address),
            (&self.ssh_jump, &mut form.ssh_jump),
            (&self.proxy, &mut form.proxy),
            (&self.mac, &mut form.mac),
            (&self.wake_address, &mut form.wake_address),
            (&self.wake_port, &mut form.wake_port),
            (&self.wake_ssh_host, &mut form.wake_ssh_host),
            (&self.password_command, &mut form.password_command),
            (&self.console_command, &mut form.console_command),
            (&self.secret_name, &mut form.secret_name),
            (&self.username, &mut form.options.username),
            (&self.repeater_id, &mut form.options.repeater_id),
            (&self.ca_file, &mut form.options.ca_file),
            (&self.client_certificate, &mut form.options.client_certificate),
            (&self.client_key, &mut form.options.client_key),
            (&self.notes, &mut form.options.notes),
        ] {
            if let Some(said) = said {
                field.clone_from(said);
            }
        }
        for (said, field) in [
            (self.favourite, &mut form.options.favourite),
            (self.view_only, &mut form.options.view_only),
            (self.frame, &mut form.options.frame),
            (self.ask_lines, &mut form.options.ask_lines),
            (self.reconnect, &mut form.options.reconnect),
            (self.old_tls, &mut form.options.old_tls),
            (self.no_proxy, &mut form.options.no_proxy),
        ] {
            *field = said.unwrap_or(*field);
        }
        if self.password_command.as_ref().is_some_and(|command| !command.trim().is_empty()) {
            form.login = None;
        }
        form.tags.retain(|tag| !self.tags_removed.iter().any(|removed| is_same_tag(removed, tag)));
        form.tags.extend(self.tags_added.iter().cloned());
        if let Some(colour) = &self.colour {
            form.colour.clone_from(colour);
        }
        form.picture = self.picture.unwrap_or(form.picture);
        form.display = self.display;
        form.on_new_address = self.on_new_address;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Host;

    #[test]
    fn what_is_said_is_changed_and_nothing_else() {
        let mut form = HostDraft::from(&Host::demo("Box"));
        (form.tags, form.username, form.reconnect) = (vec!["lab".into(), "old".into()], "ann".into(), true);
        let change = HostChange {
            username: Some(String::new()),
            tags_added: vec!["new".into()],
            tags_removed: vec!["OLD".into()],
            reconnect: Some(false),
            colour: Some(Some(Colour::Red)),
            ..HostChange::default()
        };
        let text = serde_json::to_string(&change).unwrap();
        let read: HostChange = serde_json::from_str(&text).unwrap();
        assert_eq!(read, change, "as it crosses to the Portlight that runs");
        read.apply(&mut form);
        assert_eq!((form.name.as_str(), form.username.as_str()), ("Box", ""));
        assert_eq!((form.tags.clone(), form.reconnect), (vec!["lab".to_owned(), "new".to_owned()], false));
        assert_eq!(form.colour, Some(Colour::Red));
        HostChange { colour: Some(None), ..HostChange::default() }.apply(&mut form);
        assert_eq!(form.colour, None);
    }

    #[test]
    fn a_field_that_is_not_known_is_refused() {
        assert!(serde_json::from_str::<HostChange>(r#"{"name":"a","later":1}"#).is_err());
    }
}
