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
    store::{Deed, List, LoginFields, NamedChange, Step, WholeLogin},
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

    /// Adds a named login, or changes one, for all machines that use it. It is one step, which can be undone as long as Portlight
    /// runs: so long its memory has a password that was replaced, and no file has.
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
        let _one = self.walking.lock().await;
        let mut login = NamedLogin::new(name, username).map_err(wrong)?;
        let known = self.logins.all()?;
        self.is_free(&login.name, id.unwrap_or(login.id))?;
        let position = known.len();
        let before = match id {
            Some(id) => {
                let before = known.into_iter().find(|known| known.id == id);
                Some(before.ok_or_else(|| wrong(FieldProblem::Login(NamedLoginProblem::Unknown)))?)
            }
            None => None,
        };
        if let Some(before) = &before {
            (login.id, login.has_password) = (before.id, before.has_password);
        }
        let password = match change {
            PasswordChange::Keep => None,
            PasswordChange::Forget => Some(None),
            PasswordChange::Set { password } => Some(Some(password)),
        };
        let mut replaced = None;
        if let Some(password) = password {
            login.has_password = password.is_some();
            let former = self.keyring.set_named(login.id, password.as_ref()).await?;
            replaced = Some((former, password));
        }
        if let Err(error) = self.put_login(login.clone()).await {
            self.give_back_password(login.id, id.is_some(), replaced).await;
            return Err(error.into());
        }
        let id = login.id;
        match before {
            Some(before) => {
                let fields = LoginFields { before, after: login, password: replaced };
                if !fields.is_empty() {
                    let named = NamedChange::Fields(Box::new(fields));
                    self.list.history().add(Step::of_named(Deed::LoginEdited, named));
                }
            }
            None => {
                let named = NamedChange::Whole(WholeLogin { login, position, item: None });
                self.list.history().add(Step::of_named(Deed::LoginAdded, named));
            }
        }
        self.list.announce();
        Ok(id)
    }

    /// The file does not have the login: the keyring has it as it was.
    async fn give_back_password(
        &self,
        id: LoginId,
        was_there: bool,
        replaced: Option<(Option<Secret>, Option<Secret>)>,
    ) {
        let Some((former, _)) = replaced else { return };
        let given_back = match was_there {
            true => self.keyring.set_named(id, former.as_ref()).await.map(drop),
            false => self.keyring.forget_named(id).await,
        };
        if let Err(error) = given_back {
            tracing::warn!(%error, "a login's password is not in the keyring as it was");
        }
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
        let named = NamedChange::Whole(WholeLogin { login, position, item });
        self.list.history().add(step.with_named(named));
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
        Ok(self.logins.change(move |logins| logins.retain(|login| login.id != id)).await?)
    }

    /// Takes back what a step has done to a named login. Returns what does it again, and whether all of it went back: what was changed
    /// since stays.
    ///
    /// # Errors
    /// Those of the keyring and the file, and [`FormError::Fields`] where its name is another one's meanwhile.
    pub(super) async fn walk_named(
        &self,
        named: &NamedChange,
        item_now: Option<Secret>,
    ) -> Result<(Option<NamedChange>, bool)> {
        match named {
            NamedChange::Whole(whole) => {
                let again = self.walk_whole(whole, item_now).await?;
                Ok((Some(NamedChange::Whole(again)), true))
            }
            NamedChange::Fields(fields) => self.walk_fields(fields).await,
        }
    }

    /// Brings a login back that a step had taken away, or takes it away again. Returns the login as it was.
    async fn walk_whole(&self, whole: &WholeLogin, item_now: Option<Secret>) -> Result<WholeLogin> {
        let WholeLogin { login, position, item } = whole.clone();
        if let Some(now) = self.logins.get(login.id) {
            self.take_login(login.id).await?;
            // A change of it since is undone by itself, where it is.
            return Ok(WholeLogin { login: now, position, item: item_now });
        }
        self.is_free(&login.name, login.id)?;
        if let Some(item) = &item {
            self.keyring.put_named_item(login.id, item).await?;
        }
        let back = login.clone();
        self.logins.change(move |logins| logins.insert(position.min(logins.len()), back)).await?;
        Ok(WholeLogin { login, position, item: None })
    }

    /// A login is called as before, has its former user name, and the keyring its former password.
    async fn walk_fields(&self, fields: &LoginFields) -> Result<(Option<NamedChange>, bool)> {
        let id = fields.after.id;
        let Some(now) = self.logins.get(id) else { return Ok((None, false)) };
        let (mut back, mut is_left) = fields.taken_back(&now);
        self.is_free(&back.name, id)?;
        let mut password = None;
        if let Some((before, after)) = &fields.password {
            // One that came later stays.
            let there = self.keyring.named_for_any(id).await?;
            let is_ours = there.as_ref().map(Secret::expose) == after.as_ref().map(Secret::expose);
            is_left |= !is_ours;
            if is_ours {
                password = Some((self.keyring.set_named(id, before.as_ref()).await?, before.clone()));
                back.has_password = before.is_some();
            }
        }
        if let Err(error) = self.put_login(back.clone()).await {
            self.give_back_password(id, true, password).await;
            return Err(error.into());
        }
        let again = LoginFields { before: now, after: back, password };
        let again = (!again.is_empty()).then(|| NamedChange::Fields(Box::new(again)));
        Ok((again, !is_left))
    }

    /// # Errors
    /// [`FormError::Fields`] where another login is called so.
    fn is_free(&self, name: &str, id: LoginId) -> Result<()> {
        match self.logins.all()?.iter().any(|other| other.id != id && other.is_called(name)) {
            true => Err(wrong(FieldProblem::Login(NamedLoginProblem::Taken)).into()),
            false => Ok(()),
        }
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
