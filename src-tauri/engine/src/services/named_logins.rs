//! Named logins: a user name and a password that several machines use.
//!
//! A machine says in the list which one it uses. For which servers one is, only the keyring says: see `keyring::named`. So each change
//! of the list that the user makes is told to the keyring, and one that another program makes is not.

use super::{
    given_logins::{Given, LoginView},
    hosts::Hosts,
};
use crate::{
    error::{FormError, KeyringError, Result, StoreError},
    model::{
        FieldProblem, HostId, LoginId, LoginUse, NamedLogin, NamedLoginProblem, PasswordChange, Recipient, Secret,
        Target,
    },
    store::{Deed, List, RemovedLogin, Step},
};
use std::collections::{HashMap, HashSet};

/// The servers that a login is chosen for, and those whose place others take.
type Servers = (Vec<Recipient>, Vec<(Recipient, Recipient)>);

impl Hosts {
    /// The named logins, in the order in which they were added.
    pub fn logins(&self) -> Vec<LoginView> {
        let list = self.list.get();
        let view = |NamedLogin { id, name, username, has_password }| LoginView {
            machines: list.machines_with(id),
            id,
            name,
            username,
            has_password,
        };
        self.logins.all().unwrap_or_default().into_iter().map(view).collect()
    }

    /// The named login that is called so.
    ///
    /// # Errors
    /// [`FormError::Fields`] where there is none.
    pub(super) fn login_called(&self, name: &str) -> Result<LoginId> {
        let logins = self.logins.all()?;
        let found = logins.iter().find(|login| login.is_called(name)).map(|login| login.id);
        found.ok_or_else(|| wrong(FieldProblem::Login(NamedLoginProblem::Unknown)).into())
    }

    /// The target with the user name of its named login.
    pub(crate) fn with_login(&self, target: Target) -> Target {
        target.with_login_of(&self.logins.all().unwrap_or_default())
    }

    /// The password of the named login that the user has just chosen for a target, whatever it is for.
    ///
    /// # Errors
    /// The keyring's.
    pub(crate) async fn chosen_password(&self, target: &Target) -> Result<Option<Secret>> {
        match target.login {
            Some(login) => Ok(self.keyring.named_for_any(login).await?),
            None => Ok(None),
        }
    }

    /// Adds a named login, or changes one, for all machines that use it.
    ///
    /// # Errors
    /// [`FormError::Fields`]; those of the keyring and of the file: then it is as it was.
    pub async fn save_login(
        &self,
        id: Option<LoginId>,
        name: &str,
        username: &str,
        change: PasswordChange,
    ) -> Result<LoginId> {
        let mut login = NamedLogin::new(name, username).map_err(wrong)?;
        let known = self.logins.all()?;
        if known.iter().any(|other| Some(other.id) != id && other.is_called(&login.name)) {
            return Err(wrong(FieldProblem::Login(NamedLoginProblem::Taken)).into());
        }
        if let Some(id) = id {
            let before = known.into_iter().find(|known| known.id == id);
            let before = before.ok_or_else(|| wrong(FieldProblem::Login(NamedLoginProblem::Unknown)))?;
            (login.id, login.has_password) = (id, before.has_password);
        }
        match change {
            PasswordChange::Keep => self.put_login(login.clone()).await?,
            PasswordChange::Forget => {
                self.keyring.set_named(login.id, None).await?;
                login.has_password = false;
                self.put_login(login.clone()).await?;
            }
            PasswordChange::Set { password } => {
                self.keyring.set_named(login.id, Some(&password)).await?;
                login.has_password = true;
                if let Err(error) = self.put_login(login.clone()).await {
                    // What is in no file must not stay. One that was there has the new password: it is the one that was typed last.
                    if id.is_none()
                        && let Err(error) = self.keyring.forget_named(login.id).await
                    {
                        tracing::warn!(%error, "a login stays in the keyring");
                    }
                    return Err(error.into());
                }
            }
        }
        self.list.announce();
        Ok(login.id)
    }

    async fn put_login(&self, login: NamedLogin) -> Result<(), StoreError> {
        let put = move |logins: &mut Vec<NamedLogin>| match logins.iter_mut().find(|known| known.id == login.id) {
            Some(known) => *known = login,
            None => logins.push(login),
        };
        self.logins.change(put).await
    }

    /// Takes a named login away, with its password. The machines that used it have its user name from then on, and are asked for their
    /// password. It is one step, which can be undone as long as Portlight runs.
    ///
    /// # Errors
    /// Those of the list, the keyring and the file: then it is still there.
    pub async fn remove_login(&self, id: LoginId) -> Result<()> {
        let _one = self.walking.lock().await;
        let all = self.logins.all()?;
        let Some(position) = all.iter().position(|login| login.id == id) else { return Ok(()) };
        let login = all[position].clone();
        let item = match self.keyring.named_item(id).await {
            Err(KeyringError::Missing { .. }) => None,
            item => item?,
        };
        let left = login.clone();
        let changed = self.list.change(move |list| {
            let before = list.clone();
            list.leave_login(&left);
            Ok::<_, StoreError>(Step::between(Deed::LoginRemoved, &before, list))
        });
        let step = changed.await?;
        self.take_login(id).await?;
        self.list.history().add(step.of_named(RemovedLogin { login, position, item }));
        self.list.announce();
        Ok(())
    }

    /// No machine of the list uses it any more.
    async fn take_login(&self, id: LoginId) -> Result<()> {
        match self.keyring.forget_named(id).await {
            // Then it has never been there.
            Ok(()) | Err(KeyringError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.unchosen.lock().retain(|(login, _)| *login != id);
        Ok(self.logins.change(move |logins| logins.retain(|login| login.id != id)).await?)
    }

    /// Brings a login back that a step had taken away, or takes it away again. Returns the login as it was.
    ///
    /// # Errors
    /// Those of the keyring and the file.
    pub(super) async fn walk_named(&self, named: &RemovedLogin, item_now: Option<Secret>) -> Result<RemovedLogin> {
        let RemovedLogin { login, position, item } = named.clone();
        if self.logins.get(login.id).is_some() {
            self.take_login(login.id).await?;
            return Ok(RemovedLogin { login, position, item: item_now });
        }
        // Its name may have become another one's.
        if self.logins.all()?.iter().any(|other| other.is_called(&login.name)) {
            return Err(wrong(FieldProblem::Login(NamedLoginProblem::Taken)).into());
        }
        if let Some(item) = &item {
            self.keyring.put_named_item(login.id, item).await?;
        }
        let back = login.clone();
        self.logins.change(move |logins| logins.insert(position.min(logins.len()), back)).await?;
        Ok(RemovedLogin { login, position, item })
    }

    /// Tells the keyring what named logins are for from now on.
    ///
    /// # Errors
    /// The keyring's: then those machines are asked for the login.
    pub(super) async fn give_logins(&self, given: Vec<Given>) -> Result<(), KeyringError> {
        let mut by_login: HashMap<LoginId, Servers> = HashMap::new();
        for Given { login, from, to } in given {
            let (chosen, along) = by_login.entry(login).or_default();
            match from {
                Some(from) => along.push((from, to)),
                None => chosen.push(to),
            }
        }
        for (login, (chosen, along)) in by_login {
            if !along.is_empty() {
                self.keyring.extend_named(login, along).await?;
            }
            if !chosen.is_empty() {
                self.keyring.choose_named(login, chosen).await?;
            }
        }
        Ok(())
    }

    /// What machines do not use any more is forgotten: a login that such a server gets later was not given by the user. Undoing brings
    /// it back.
    ///
    /// # Errors
    /// The keyring's: then it still is for that server.
    pub(super) async fn leave_logins(&self, left: impl IntoIterator<Item = LoginUse>) -> Result<(), KeyringError> {
        let used: HashSet<_> = self.list.get().login_uses().map(|(_, used)| used).collect();
        for (login, servers) in by_login(left.into_iter().filter(|left| !used.contains(left))) {
            let were = self.keyring.unchoose_named(login, servers).await?;
            self.unchosen.lock().extend(were.into_iter().map(|server| (login, server)));
        }
        Ok(())
    }

    /// A step was walked: what its machines use no longer is forgotten, and what they use again is for their servers again, where it was
    /// that before.
    ///
    /// # Errors
    /// The keyring's.
    pub(super) async fn walk_logins(&self, step: &Step, before: &List) -> Result<(), KeyringError> {
        let hosts: HashSet<HostId> = step.hosts().collect();
        let uses = |list: &List| list.login_uses().filter(|(id, _)| hosts.contains(id)).map(|(_, used)| used).collect();
        let (left, now): (HashSet<LoginUse>, HashSet<LoginUse>) = (uses(before), uses(&self.list.get()));
        let again: Vec<LoginUse> = {
            let mut unchosen = self.unchosen.lock();
            now.into_iter().filter(|used| unchosen.remove(used)).collect()
        };
        for (login, servers) in by_login(again) {
            self.keyring.choose_named(login, servers).await?;
        }
        self.leave_logins(left).await
    }
}

fn by_login(uses: impl IntoIterator<Item = LoginUse>) -> HashMap<LoginId, Vec<Recipient>> {
    let mut by_login: HashMap<_, Vec<_>> = HashMap::new();
    for (login, server) in uses {
        by_login.entry(login).or_default().push(server);
    }
    by_login
}

fn wrong(problem: FieldProblem) -> FormError {
    FormError::Fields { fields: vec![problem] }
}

#[cfg(test)]
mod tests;
