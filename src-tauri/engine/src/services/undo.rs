//! Undo and redo: the steps of the list, with the logins that they changed in the keyring.

use super::hosts::Hosts;
use crate::{
    error::{Error, Result, StoreError},
    model::HostId,
    store::{Direction, HistoryView, Login, LoginKind, NamedChange, Step, StepView, now},
};
use serde::Serialize;
use std::collections::HashSet;

/// A step that was undone, or done again.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Walked {
    /// The step.
    pub step: StepView,
    /// One of its machines that is on the list now.
    pub host: Option<HostId>,
    /// Machines, and named logins, of which not all could go back, as they were changed since, or are gone.
    pub left: Vec<String>,
    /// Why a login is not in the keyring as it was.
    pub login: Option<Error>,
}

impl Hosts {
    /// Undoes a step, the newest one or that with the number: in each machine what the step has changed, and nothing that was
    /// changed since.
    ///
    /// # Errors
    /// [`StoreError::NothingToUndo`], [`StoreError::HostsNotSaved`]: then everything is as it was.
    pub async fn undo(&self, number: Option<u64>) -> Result<Walked> {
        self.walk(Direction::Back, number).await
    }

    /// Does again what was undone last.
    ///
    /// # Errors
    /// As [`Hosts::undo`].
    pub async fn redo(&self) -> Result<Walked> {
        self.walk(Direction::Forth, None).await
    }

    async fn walk(&self, direction: Direction, number: Option<u64>) -> Result<Walked> {
        let _one = self.walking.lock().await;
        let list_before = self.list.get();
        let step = self.list.history().take(direction, number).ok_or(StoreError::NothingToUndo)?;
        // What leaves the list leaves the keyring, and may come again: where that cannot be, it is removed instead.
        let (taken_along, unread) = self.logins_of_added(&step).await;
        // Of a login that goes again, before its machines leave it.
        let item_now = match &step.named {
            Some(NamedChange::Whole(whole)) => self.keyring.named_item(whole.login.id).await.unwrap_or_default(),
            _ => None,
        };
        let leaving = match &step.named {
            Some(NamedChange::Whole(whole)) => self.logins.get(whole.login.id),
            _ => None,
        };
        let walked = {
            let too_late = self.too_late.lock().await;
            let (step, too_late) = (step.clone(), too_late.clone());
            let change = self.list.change(move |list| {
                let before = list.clone();
                let taken = step.take_back(list, &unread, &too_late);
                // Whoever uses it by now is without it.
                leaving.iter().for_each(|login| list.leave_login(login));
                list.note_removals(now());
                for login in &step.logins {
                    // Until the keyring has it.
                    if let Ok(host) = list.get_mut(login.host) {
                        *login.kind.flag(host) = false;
                    }
                }
                Ok::<_, StoreError>((taken, Step::between(step.deed, &before, list)))
            });
            change.await
        };
        let (mut taken, mut back) = match walked {
            Ok(walked) => walked,
            Err(error) => {
                self.list.history().give_back(direction, step);
                return Err(error.into());
            }
        };
        if back.name.is_empty() || step.named.is_some() {
            back.name.clone_from(&step.name);
        }
        // One that was added has taken its logins along.
        let added: HashSet<_> = step.added().collect();
        let logins = step.logins.iter().filter(|login| !added.contains(&login.host));
        let mut refused = self.turn_back(logins.clone()).await;
        back.logins.extend(logins.map(|login| {
            let (before, after) = (login.after.clone(), login.before.clone());
            Login { before, after, ..login.clone() }
        }));
        for (host, kind) in &taken.strays {
            back.logins.extend(self.login_before(*host, *kind).await);
            refused = refused.and(self.forget_login(*host, *kind).await);
        }
        refused = refused.and(self.readdress(&list_before).await.map_err(Error::from));
        refused = refused.and(self.walk_logins(&step, &list_before).await.map_err(Error::from));
        if let Some(named) = &step.named {
            match self.walk_named(named, item_now).await {
                Ok((named, is_whole)) => {
                    taken.left.extend((!is_whole).then(|| step.name.clone()));
                    back.named = named;
                }
                Err(error) => refused = refused.and(Err(error)),
            }
        }
        for login in taken_along.into_iter().filter(|login| taken.gone.contains(&login.host)) {
            refused = refused.and(self.forget_login(login.host, login.kind).await);
            back.logins.push(login);
        }
        let view = {
            let mut history = self.list.history();
            history.walked(direction, back);
            history.view()
        };
        self.list.announce();
        let list = self.list.get();
        let host = step.hosts().find(|id| list.get(*id).is_some());
        Ok(Walked { host, step: newest(view, direction, &step), left: taken.left, login: refused.err() })
    }

    async fn forget_login(&self, host: HostId, kind: LoginKind) -> Result<()> {
        Ok(self.keyring.forget(kind.account(host)).await?)
    }

    /// Makes the keyring have what it had before, and notes that in one change.
    async fn turn_back(&self, logins: impl Iterator<Item = &Login>) -> Result<()> {
        let (mut there, mut refused) = (Vec::new(), Ok(()));
        let list = self.list.get();
        for Login { host, kind, before, .. } in logins {
            let account = kind.account(*host);
            let turned = match (before, list.get(*host)) {
                (Some(secret), Some(found)) => {
                    there.push((*host, *kind));
                    self.keyring.set_for(account, kind.recipient(found), secret).await
                }
                (Some(_), None) => Ok(()),
                (None, _) => self.keyring.forget(account).await,
            };
            if turned.is_err() && before.is_some() {
                there.pop();
            }
            refused = refused.and(turned);
        }
        let noted = self.list.change(move |list| {
            for (host, kind) in there {
                if let Ok(host) = list.get_mut(host) {
                    *kind.flag(host) = true;
                }
            }
            Ok::<_, StoreError>(())
        });
        noted.await?;
        Ok(refused?)
    }

    /// The logins of what a step has added, and hosts of which they cannot be read.
    async fn logins_of_added(&self, step: &Step) -> (Vec<Login>, HashSet<HostId>) {
        let (mut logins, mut unread) = (Vec::new(), HashSet::new());
        let list = self.list.get();
        let added: HashSet<_> = step.added().collect();
        for host in list.all().iter().filter(|host| added.contains(&host.id)) {
            let (id, mut host) = (host.id, host.clone());
            for kind in LoginKind::ALL {
                if !*kind.flag(&mut host) {
                    continue;
                }
                match self.keyring.get(kind.account(id)).await {
                    Ok(Some(before)) => logins.push(Login { host: id, kind, before: Some(before), after: None }),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::info!(%error, "a machine is removed, as its login cannot be read");
                        unread.insert(id);
                    }
                }
            }
        }
        (logins, unread)
    }
}

/// The step that was walked, as it is called now.
fn newest(view: HistoryView, direction: Direction, step: &Step) -> StepView {
    let found = match direction {
        Direction::Back => view.redo,
        Direction::Forth => view.undo,
    };
    // One that has changed nothing is in neither.
    let plain = StepView { number: 0, deed: step.deed, name: step.name.clone(), count: step.count() };
    found.filter(|found| found.deed == step.deed && found.name == step.name).unwrap_or(plain)
}
