//! What is kept once a server has let us in: how well it was reached, and the login that was typed.

use super::{
    keep,
    services::Services,
    session::{Run, TypedLogin},
    state::Remember,
};
use crate::{
    error::Error,
    model::{HostId, LoginId, NamedLogin, Protection, Recipient, Target},
    store::{Deed, LoginFields, NamedChange, Step},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::{future::ready, io};
use tokio::task::spawn_blocking;

/// Notes how well the host was reached, and puts a login that was typed and has just been accepted into the keyring if
/// that was asked for; a machine that is in no list is added to it then. The keyring is not waited for: what is left to do with it is
/// returned. Only that can fail in a way that the person is told.
pub(super) async fn remember(
    run: &Run,
    target: &Target,
    protection: &Protection,
) -> Option<BoxFuture<'static, Result<(), Error>>> {
    let level = protection.level;
    run.note_reached(level, protection.is_private());
    let Some(id) = target.host else {
        run.take_login_to_remember()?;
        let kept = keep::keep(run.session(), "", true, &run.services).await;
        return kept.err().map(|error| ready(Err(error)).boxed());
    };
    run.note(target, move |host| host.protection = host.protection.max(Some(level))).await;
    note_way(run, id, target).await;
    let (of_run, target) = (run.clone(), target.clone());
    if let Some(login) = run.take_login_to_give() {
        let server = target.way().recipient(id);
        return Some(async move { give_named(&of_run, login, server, &target).await }.boxed());
    }
    let (typed, remember) = run.take_login_to_remember().filter(|_| run.is_current(&target))?;
    let storing = async move {
        match (target.login, remember) {
            (Some(login), Remember::ForAll) => change_named(&of_run, login, target.way().recipient(id), typed).await,
            _ => keep_own(&of_run, id, &target, typed).await,
        }
    };
    Some(storing.boxed())
}

/// Notes how it was reached, for when that does not work any more.
async fn note_way(run: &Run, id: HostId, target: &Target) {
    let Some(places) = run.services.places.clone() else { return };
    let way = target.last_way();
    let noted = spawn_blocking(move || places.keep_way(id, way)).await;
    if let Err(cause) = noted.map_err(io::Error::from).flatten() {
        tracing::info!(%cause, "how it was reached is not kept");
    }
}

/// The machine has this login of its own from now on, in place of a named one.
async fn keep_own(run: &Run, id: HostId, target: &Target, typed: TypedLogin) -> Result<(), Error> {
    let TypedLogin { username, password, .. } = typed;
    let recipient = target.way().recipient(id);
    run.services.keyring.set_for(id, recipient.clone(), &password).await?;
    // What was seen is what the person typed over.
    let shown = target.username.clone();
    let noted = run.change_host(target, move |host| {
        host.has_password = true;
        if host.login.take().is_some() && host.username.is_empty() {
            host.username = shown;
        }
        if let Some(username) = username {
            host.username = username;
        }
    });
    if !noted.await? {
        // The host was edited meanwhile: a password must not be left for a server that it is not for.
        run.services.keyring.forget(id).await?;
        return Ok(());
    }
    if let Some(login) = target.login
        && let unused = (login, recipient)
        && !run.services.list.get().login_uses().any(|(_, used)| used == unused)
    {
        run.services.keyring.unchoose_named(login, vec![unused.1]).await?;
    }
    Ok(())
}

/// The machine uses a named login from now on, which was offered.
async fn give_named(run: &Run, login: LoginId, server: Recipient, target: &Target) -> Result<(), Error> {
    run.services.keyring.choose_named(login, vec![server.clone()]).await?;
    // The host may have been edited meanwhile: then the login is not for this server.
    if !run.change_host(target, move |host| host.login = Some(login)).await? {
        run.services.keyring.unchoose_named(login, vec![server]).await?;
    }
    Ok(())
}

/// The named login is this one from now on, for all its machines. It is for this one's server, too.
async fn change_named(run: &Run, id: LoginId, server: Recipient, typed: TypedLogin) -> Result<(), Error> {
    let Services { keyring, logins, list, .. } = &*run.services;
    let Some(before) = logins.get(id) else { return Ok(()) };
    let former = keyring.set_named(id, Some(&typed.password)).await?;
    keyring.choose_named(id, vec![server]).await?;
    let mut after = NamedLogin { has_password: true, ..before.clone() };
    if let Some(username) = typed.username.filter(|_| !after.username.is_empty()) {
        after.username = username;
    }
    let login = after.clone();
    let noted = logins.change(move |logins| {
        if let Some(known) = logins.iter_mut().find(|known| known.id == id) {
            *known = login;
        }
    });
    noted.await?;
    let password = Some((former, Some(typed.password)));
    let named = NamedChange::Fields(Box::new(LoginFields { before, after, password }));
    list.history().add(Step::of_named(Deed::LoginEdited, named));
    list.announce();
    Ok(())
}
