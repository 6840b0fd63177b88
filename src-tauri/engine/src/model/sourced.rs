//! A host that a source lists: what it has from there, and what stays the user's.

use super::{Host, Said, SourceId, Sourced, is_same_tag};

impl Said {
    fn of(host: &Host) -> Self {
        Self {
            username: host.username.clone(),
            view_only: host.view_only,
            tags: host.tags.clone(),
            colour: host.colour.clone(),
            notes: host.notes.clone(),
            mac: host.mac,
        }
    }

    /// What is the user's stays, all else is as it is said now.
    fn merged(&self, ours: Self, now: &Self) -> Self {
        fn one<T: PartialEq + Clone>(before: &T, ours: T, now: &T) -> T {
            if ours == *before { now.clone() } else { ours }
        }
        let has = |tags: &[String], tag: &str| tags.iter().any(|other| is_same_tag(other, tag));
        let (mut tags, own): (Vec<_>, Vec<_>) = (
            // One that the user has taken away does not come back.
            now.tags.iter().filter(|tag| !has(&self.tags, tag) || has(&ours.tags, tag)).cloned().collect(),
            ours.tags.iter().filter(|tag| !has(&self.tags, tag) && !has(&now.tags, tag)).cloned().collect(),
        );
        tags.extend(own);
        Self {
            username: one(&self.username, ours.username, &now.username),
            view_only: one(&self.view_only, ours.view_only, &now.view_only),
            tags,
            colour: one(&self.colour, ours.colour, &now.colour),
            notes: one(&self.notes, ours.notes, &now.notes),
            mac: one(&self.mac, ours.mac, &now.mac),
        }
    }

    fn put_into(self, host: &mut Host) {
        let Self { username, view_only, tags, colour, notes, mac } = self;
        host.mac = mac;
        let options = &mut host.options;
        (options.username, options.view_only, options.tags) = (username, view_only, tags);
        (options.colour, options.notes) = (colour, notes);
    }
}

impl Host {
    /// A new entry for a machine that a source lists: only what a source may say is taken from `listed`.
    pub(crate) fn sourced(of: SourceId, key: String, listed: &Self) -> Self {
        let mut host = Self::new(listed.name.clone(), listed.address.clone());
        let said = Said::of(listed);
        host.take_way_of(listed);
        said.clone().put_into(&mut host);
        host.source = Some(Sourced { of, key, said });
        host
    }

    /// Takes over what its source says now. What the user has chosen stays; what was learned, agreed to or set up for one server
    /// does not go along to another one.
    pub(crate) fn follow_source(&mut self, listed: &Self) {
        let ours = Said::of(self);
        let Some(sourced) = &mut self.source else { return };
        let now = Said::of(listed);
        let merged = sourced.said.merged(ours, &now);
        sourced.said = now;
        merged.put_into(self);
        let before = self.clone();
        self.take_way_of(listed);
        if !self.is_same_server(&before) {
            (self.protection, self.clear_text) = (None, false);
            // A login in the keyring is for its recipient only; what a command prints would go anywhere.
            self.password_command = None;
        }
    }

    /// Whether nothing about it is the user's, or was learned here.
    pub(crate) fn is_as_listed(&self) -> bool {
        let Some(sourced) = &self.source else { return false };
        let mut listed = Self::new(self.name.clone(), self.address.clone());
        listed.id = self.id;
        listed.take_way_of(self);
        sourced.said.clone().put_into(&mut listed);
        listed.source = Some(sourced.clone());
        *self == listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HostDraft, Level};

    fn listed(name: &str, address: &str, tags: &[&str]) -> Host {
        let mut host = Host::new(name.into(), address.parse().unwrap());
        host.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        host
    }

    #[test]
    fn what_is_the_users_survives_and_all_else_follows_the_source() {
        let mut first = listed("a", "a", &["lab", "old"]);
        first.notes = "rack 4".into();
        let mut host = Host::sourced(SourceId::new(), "1".into(), &first);
        assert!(host.is_as_listed());
        (host.favourite, host.notes) = (true, "ask Ann".into());
        host.tags = vec!["lab".into(), "mine".into()];
        assert!(!host.is_as_listed());
        let mut now = listed("b", "a", &["lab", "old", "new"]);
        (now.username, now.notes) = ("root".into(), "rack 5".into());
        host.follow_source(&now);
        assert_eq!((host.name.as_str(), host.username.as_str(), host.notes.as_str()), ("b", "root", "ask Ann"));
        assert_eq!(host.tags, ["lab", "new", "mine"], "one that was taken away stays away");
        assert!(host.favourite);
    }

    #[test]
    fn what_was_set_up_for_one_server_does_not_go_to_another() {
        let mut host = Host::sourced(SourceId::new(), "1".into(), &listed("a", "a", &[]));
        (host.protection, host.clear_text, host.has_password) = (Some(Level::Encrypted), true, true);
        host.password_command = Some("pass show lab".parse().unwrap());
        let before = host.clone();
        host.follow_source(&listed("other name", "a", &[]));
        assert_eq!((host.protection, host.password_command.is_some()), (Some(Level::Encrypted), true));
        host.follow_source(&listed("a", "evil", &[]));
        assert_eq!((host.protection, host.clear_text), (None, false));
        assert!(host.password_command.is_none());
        assert_ne!(host.recipient(), before.recipient(), "the keyring gives its login to the former one only");
    }

    #[test]
    fn nothing_that_would_run_or_weaken_comes_from_a_source() {
        let mut bad = listed("a", "a", &[]);
        (bad.console_command, bad.password_command) = (Some("x".parse().unwrap()), Some("y".parse().unwrap()));
        (bad.clear_text, bad.protection, bad.old_tls, bad.favourite) = (true, Some(Level::Clear), true, true);
        (bad.ca_file, bad.client_certificate) = ("/ca".into(), "/me".into());
        let mut host = Host::sourced(SourceId::new(), "1".into(), &bad);
        for _ in 0..2 {
            assert!(host.is_as_listed(), "{host:?}");
            assert!(host.console_command.is_none() && host.password_command.is_none());
            assert!(!host.clear_text && !host.old_tls && !host.favourite && host.ca_file.is_empty());
            host.follow_source(&bad);
        }
    }

    #[test]
    fn a_form_changes_what_is_the_users_and_a_copy_is_all_the_users() {
        let host = Host::sourced(SourceId::new(), "1".into(), &listed("a", "a", &[]));
        let mut form = HostDraft::from(&host);
        (form.name, form.address, form.ssh_jump) = ("x".into(), "elsewhere".into(), "jump".into());
        (form.console_command, form.notes) = ("virsh".into(), "mine".into());
        let saved = form.check(Some(&host)).unwrap();
        assert_eq!((saved.name.as_str(), saved.notes.as_str()), ("a", "mine"));
        assert!(saved.is_same_server(&host) && saved.source == host.source);
        let copy = HostDraft { id: None, ..HostDraft::from(&host) }.check(None).unwrap();
        assert_eq!(copy.source, None);
    }
}
