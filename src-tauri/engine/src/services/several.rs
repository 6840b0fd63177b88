//! Changes of several saved hosts at once: one write, all or none.

use super::hosts::{After, Hosts, put_draft};
use crate::{
    error::{Error, FormError, Result, StoreError},
    model::{Colour, HostDraft, HostId, LoginId, OnNewAddress, PictureChoice, SharedChoice, is_same_tag, said},
    store::{Deed, List, LoginKind},
};
use serde::Deserialize;

/// What is to be the same in several hosts. What is not said stays as it is in each.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct SharedChange {
    /// Tags that each has then.
    pub tags_added: Vec<String>,
    /// Tags that none has then.
    pub tags_removed: Vec<String>,
    /// The colour; null takes it away.
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(as = "Option<Colour>"))]
    pub colour: Option<Option<Colour>>,
    /// The user name.
    pub username: Option<String>,
    /// The named login, which the user has just chosen for all of them; null for none.
    #[serde(deserialize_with = "said")]
    #[cfg_attr(test, ts(as = "Option<LoginId>"))]
    pub login: Option<Option<LoginId>>,
    /// What prints the password; empty for none.
    pub password_command: Option<String>,
    /// The SSH host; empty for none.
    pub ssh_jump: Option<String>,
    /// The proxy; empty for none.
    pub proxy: Option<String>,
    /// What prints where the console is; empty for none.
    pub console_command: Option<String>,
    /// The file of certificate authorities; empty for none.
    pub ca_file: Option<String>,
    /// The file with our own certificate; empty for none.
    pub client_certificate: Option<String>,
    /// The file with its key; empty for none.
    pub client_key: Option<String>,
    /// The broadcast address for the packet that wakes it; empty for none.
    pub wake_address: Option<String>,
    /// That packet's port; empty for the usual one.
    pub wake_port: Option<String>,
    /// The SSH host that sends that packet; empty for none.
    pub wake_ssh_host: Option<String>,
    /// The notes.
    pub notes: Option<String>,
    /// What is shown and kept of the screen.
    pub picture: Option<PictureChoice>,
    /// Whether it is a favourite.
    pub favourite: Option<bool>,
    /// Whether sessions only watch at first.
    pub view_only: Option<bool>,
    /// Whether there is a frame around the window.
    pub frame: Option<bool>,
    /// Whether several lines are asked about.
    pub ask_lines: Option<bool>,
    /// Whether TLS may be older than what is safe.
    pub old_tls: Option<bool>,
    /// Whether a proxy of the environment is left out.
    pub no_proxy: Option<bool>,
    /// Whether a session dials again where the connection breaks.
    pub reconnect: Option<bool>,
    /// What is no longer to be otherwise than for all machines.
    pub as_for_all: Vec<SharedChoice>,
    /// What becomes of saved logins where another way leads elsewhere.
    pub on_new_address: OnNewAddress,
}

/// The field is as was said, where something was.
fn set<T: Clone>(field: &mut T, said: &Option<T>) {
    if let Some(said) = said {
        field.clone_from(said);
    }
}

impl SharedChange {
    fn apply(&self, form: &mut HostDraft) {
        form.tags.retain(|tag| !self.tags_removed.iter().any(|removed| is_same_tag(removed, tag)));
        form.tags.extend(self.tags_added.iter().cloned());
        set(&mut form.options.colour, &self.colour);
        set(&mut form.options.username, &self.username);
        set(&mut form.password_command, &self.password_command);
        // Each takes the other's place.
        if self.password_command.as_ref().is_some_and(|command| !command.trim().is_empty()) {
            form.login = None;
        }
        set(&mut form.login, &self.login);
        form.login_chosen = self.login.is_some();
        set(&mut form.ssh_jump, &self.ssh_jump);
        set(&mut form.proxy, &self.proxy);
        set(&mut form.console_command, &self.console_command);
        set(&mut form.options.ca_file, &self.ca_file);
        set(&mut form.options.client_certificate, &self.client_certificate);
        set(&mut form.options.client_key, &self.client_key);
        set(&mut form.wake_address, &self.wake_address);
        set(&mut form.wake_port, &self.wake_port);
        set(&mut form.wake_ssh_host, &self.wake_ssh_host);
        set(&mut form.options.notes, &self.notes);
        set(&mut form.options.picture, &self.picture);
        set(&mut form.options.favourite, &self.favourite);
        set(&mut form.options.view_only, &self.view_only);
        set(&mut form.options.frame, &self.frame);
        set(&mut form.options.ask_lines, &self.ask_lines);
        set(&mut form.options.old_tls, &self.old_tls);
        set(&mut form.options.no_proxy, &self.no_proxy);
        set(&mut form.options.reconnect, &self.reconnect);
        form.as_for_all.clone_from(&self.as_for_all);
        form.on_new_address = self.on_new_address;
    }

    /// Changes the hosts; says what becomes of their logins in the keyring.
    fn run(&self, list: &mut List, ids: &[HostId]) -> Result<Vec<(HostId, After)>> {
        let mut after = Vec::new();
        let (mut asks, mut address) = ((false, false), String::new());
        for id in ids {
            let mut form = HostDraft::from(list.get(*id).ok_or(StoreError::NoSuchHost)?);
            self.apply(&mut form);
            match put_draft(list, &form, true) {
                Ok((_, what)) => after.push((*id, what)),
                // One question for all of them.
                Err(Error::Form(FormError::ConfirmAddress { has_password, has_http_auth, address: one })) => {
                    asks = (asks.0 | has_password, asks.1 | has_http_auth);
                    address = one;
                }
                Err(Error::Form(FormError::Fields { fields })) => {
                    return Err(FormError::FieldsOf { machine: form.name, fields }.into());
                }
                Err(error) => return Err(error),
            }
        }
        let (has_password, has_http_auth) = asks;
        if has_password || has_http_auth {
            let way = [&self.ssh_jump, &self.proxy].into_iter().flatten().find(|way| !way.trim().is_empty());
            let address = way.cloned().unwrap_or(address);
            return Err(FormError::ConfirmAddress { address, has_password, has_http_auth }.into());
        }
        Ok(after)
    }
}

impl Hosts {
    /// Changes several hosts.
    ///
    /// # Errors
    /// [`FormError::FieldsOf`], [`FormError::ConfirmAddress`], [`StoreError::NoSuchHost`], [`StoreError::HostsNotSaved`]: then
    /// nothing is saved. The keyring's, where a login could not be forgotten: then all else is.
    pub async fn change_several(&self, ids: Vec<HostId>, change: SharedChange) -> Result<()> {
        let before = self.list.get();
        let (after, step) = self.list.step(Deed::Edited, move |list| change.run(list, &ids)).await?;
        let mut refused = self.readdress(&before).await;
        let (mut given, mut left) = (Vec::new(), Vec::new());
        for (id, what) in after {
            given.extend(what.given);
            left.extend(what.left);
            // One that is not forgotten is no reason to leave the others.
            for (kind, is_meant) in [
                (LoginKind::Password, what.forget_password),
                (LoginKind::HttpAuth, what.forget_http_auth),
                (LoginKind::Secret, what.forget_secret),
            ] {
                // One that was removed meanwhile may be put back, and keeps it.
                if is_meant && self.list.get().get(id).is_some() {
                    refused = refused.and(self.forget_with_step(step, id, kind).await);
                }
            }
        }
        refused = refused.and(self.give_logins(given).await);
        Ok(refused.and(self.leave_logins(left).await)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Display, Host, HostOptions, Quality, Scaling};
    use serde_json::json;

    fn list() -> (List, Vec<HostId>) {
        let mut list = List::default();
        for name in ["a", "b", "c"] {
            list.put(Host::new(name.to_owned(), name.parse().unwrap()));
        }
        let ids = list.all().iter().map(|host| host.id).collect();
        (list, ids)
    }

    fn change(facts: serde_json::Value) -> SharedChange {
        serde_json::from_value(facts).unwrap()
    }

    #[test]
    fn what_is_not_said_stays_as_it_is_in_each() {
        let (mut list, ids) = list();
        list.get_mut(ids[0]).unwrap().tags = vec!["Lab".into(), "old".into()];
        list.get_mut(ids[1]).unwrap().colour = Some(Colour::Red);
        let both = &ids[..2];
        change(json!({ "tags_added": ["lab", "rack 4"], "tags_removed": ["OLD"] })).run(&mut list, both).unwrap();
        assert_eq!(list.get(ids[0]).unwrap().tags, ["Lab", "rack 4"]);
        assert_eq!(list.get(ids[1]).unwrap().tags, ["lab", "rack 4"]);
        assert_eq!(list.get(ids[1]).unwrap().colour, Some(Colour::Red));
        assert!(list.get(ids[2]).unwrap().tags.is_empty());
        let display = Display { scaling: Some(Scaling::Actual), quality: Some(Quality::Low), ..Display::default() };
        ids.iter().for_each(|id| list.get_mut(*id).unwrap().display = display);
        change(json!({ "as_for_all": ["scaling"] })).run(&mut list, both).unwrap();
        let left = ids.iter().map(|id| list.get(*id).unwrap().display).collect::<Vec<_>>();
        assert_eq!(left, [Display { scaling: None, ..display }, Display { scaling: None, ..display }, display]);
        change(json!({ "colour": null, "view_only": true })).run(&mut list, both).unwrap();
        assert_eq!(list.get(ids[1]).unwrap().colour, None);
        assert!(list.get(ids[0]).unwrap().view_only && !list.get(ids[2]).unwrap().view_only);
        change(json!({ "colour": "green" })).run(&mut list, both).unwrap();
        assert_eq!(list.get(ids[0]).unwrap().colour, Some(Colour::Green));
    }

    #[test]
    fn whether_logins_go_along_another_way_is_asked_once_and_nothing_is_changed_before() {
        let (mut list, ids) = list();
        (list.get_mut(ids[0]).unwrap().has_password, list.get_mut(ids[1]).unwrap().has_http_auth) = (true, true);
        let before = list.clone();
        let asked = change(json!({ "ssh_jump": "gate" })).run(&mut list.clone(), &ids).err();
        let question = FormError::ConfirmAddress { address: "gate".into(), has_password: true, has_http_auth: true };
        assert_eq!(asked, Some(question.into()));
        assert_eq!(list, before);
        let after = change(json!({ "ssh_jump": "gate", "on_new_address": "forget" })).run(&mut list, &ids).unwrap();
        assert_eq!(
            after.iter().map(|(_, after)| (after.forget_password, after.forget_http_auth)).collect::<Vec<_>>(),
            [(true, false), (false, true), (false, false)]
        );
        assert!(list.all().iter().all(|host| host.ssh_jump.is_some() && !host.has_password));
    }

    #[test]
    fn each_field_that_is_said_is_changed_in_all() {
        let (mut list, ids) = list();
        let said = json!({
            "username": "ann", "password_command": "pass show %h", "proxy": "socks5://box:1080",
            "console_command": "where %n", "ca_file": "/ca.pem", "client_certificate": "/own.pem",
            "client_key": "/own.key", "wake_address": "10.0.0.255", "wake_port": "7", "wake_ssh_host": "gate", "notes": "Rack 4", "picture": "blurred", "favourite": true, "view_only": true,
            "frame": true, "ask_lines": true, "old_tls": true, "reconnect": false,
        });
        change(said).run(&mut list, &ids[..2]).unwrap();
        let text = |form: &HostDraft| {
            let HostDraft { options, password_command, proxy, console_command, .. } = form;
            let HostOptions { username, ca_file, client_certificate, client_key, notes, .. } = options;
            [username, password_command, proxy, console_command, ca_file, client_certificate, client_key, notes]
                .map(String::clone)
        };
        for id in &ids[..2] {
            let form = HostDraft::from(list.get(*id).unwrap());
            let expected =
                ["ann", "pass show %h", "socks5://box:1080", "where %n", "/ca.pem", "/own.pem", "/own.key", "Rack 4"];
            assert_eq!(text(&form), expected);
            let wake = [&form.wake_address, &form.wake_port, &form.wake_ssh_host];
            assert_eq!(wake, ["10.0.0.255", "7", "gate"]);
            assert_eq!(form.options.picture, PictureChoice::Blurred);
            let HostOptions { favourite, view_only, frame, ask_lines, old_tls, reconnect, .. } = form.options;
            assert_eq!(
                [favourite, view_only, frame, ask_lines, old_tls, reconnect],
                [true, true, true, true, true, false]
            );
        }
        assert_eq!(list.get(ids[2]).unwrap().username, "");
    }

    #[test]
    fn one_that_cannot_be_changed_so_is_named_with_its_field() {
        let (mut list, ids) = list();
        list.get_mut(ids[1]).unwrap().address = "/run/vnc.sock".parse().unwrap();
        let refused = change(json!({ "ssh_jump": "gate" })).run(&mut list, &ids).unwrap_err();
        assert!(matches!(&refused, Error::Form(FormError::FieldsOf { machine, .. }) if machine == "b"), "{refused}");
        assert_eq!(change(json!({})).run(&mut list, &[HostId::new()]).err(), Some(StoreError::NoSuchHost.into()));
    }
}
