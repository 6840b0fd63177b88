//! A machine that was reached by a typed address, a link or a call is added to the list, as this session knows it.

use super::{
    services::Services,
    session::{Known, Session},
    storing,
};
use crate::{
    error::{Error, FormError, StoreError},
    model::{Address, Host, HostDraft, HostOptions, Jump, Proxy, Secret, Target},
    store::{Deed, now},
};
use serde::Serialize;
use std::sync::Arc;

/// A machine that was added to the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Kept {
    /// What it is called there.
    pub name: String,
}

/// Adds the session's machine to the list under this name, or under its address where that is empty; with the login that was
/// typed and accepted, where it is to be kept: that goes into the keyring beside the session. The session is that host's from then on.
/// None where it is in the list already.
///
/// # Errors
/// [`FormError::Fields`], [`StoreError::HostsNotSaved`]: then nothing is kept.
pub(super) async fn keep(
    session: &Arc<Session>,
    name: &str,
    with_login: bool,
    services: &Arc<Services>,
) -> Result<Option<Kept>, Error> {
    let Some(Keepsake { host, login }) = add(session, name, |_| (), services).await? else { return Ok(None) };
    let name = host.name.clone();
    if let Some(password) = login.filter(|_| with_login) {
        let (of_session, of_services) = (Arc::clone(session), Arc::clone(services));
        let storing = async move {
            store(&host, &password, &of_services).await?;
            of_session.note_password(host.id);
            Ok(())
        };
        storing::beside(session, services, storing);
    }
    Ok(Some(Kept { name }))
}

/// The same without the login, and with options that `change` has changed.
///
/// # Errors
/// As [`keep`].
async fn add(
    session: &Session,
    name: &str,
    change: impl FnOnce(&mut HostOptions),
    services: &Services,
) -> Result<Option<Keepsake>, Error> {
    let keepsake = |known: Known<'_>| {
        let mut keepsake = keepsake(&known, name)?;
        change(&mut keepsake.host.options);
        Ok(keepsake)
    };
    let Some(kept) = session.begin_keeping(keepsake)? else { return Ok(None) };
    let host = kept.host.clone();
    let added = services.list.step(Deed::Added, move |list| {
        list.put(host);
        Ok::<_, StoreError>(())
    });
    if let Err(error) = added.await {
        session.end_keeping(None);
        return Err(error.into());
    }
    session.end_keeping(Some(&kept.host));
    // Before, its address was not enough to tell it from what another token leads to.
    if kept.host.address.has_query()
        && let Some(identity) = session.identity()
        && let Err(error) = services.pins.accept(&Target::from(&kept.host).endpoint(), &identity).await
    {
        tracing::warn!(%error, "the key of a machine that was added is not known with it");
    }
    Ok(Some(kept))
}

/// Adds the session's machine to the list, with its old protection accepted, and connects again.
///
/// # Errors
/// As [`keep`].
pub(super) async fn accept_old(session: &Arc<Session>, services: &Arc<Services>) -> Result<(), Error> {
    add(session, "", |options| options.old_tls = true, services).await?;
    session.reconnect(services);
    Ok(())
}

/// What goes into the list and into the keyring.
struct Keepsake {
    host: Host,
    login: Option<Secret>,
}

fn keepsake(known: &Known<'_>, name: &str) -> Result<Keepsake, Error> {
    let Known { target, called, reached, login } = known;
    let address = match &target.address {
        // Where it called from is no server's port: VNC's usual one is the best guess.
        Address::Tcp { hostname, .. } if *called => {
            Address::tcp(hostname, DEFAULT_PORT).unwrap_or_else(|_| target.address.clone())
        }
        address => address.clone(),
    };
    let username = login.and_then(|login| login.username.as_ref()).unwrap_or(&target.username).clone();
    let options = HostOptions { username, reconnect: true, ..target.options.clone() };
    let draft = HostDraft {
        name: name.to_owned(),
        address: address.to_string(),
        options,
        // By another way the same address is another machine.
        ssh_jump: target.jump().map(Jump::to_string).unwrap_or_default(),
        proxy: target.proxy.as_ref().map(Proxy::to_string).unwrap_or_default(),
        ..HostDraft::default()
    };
    let host = draft.check(None).map_err(|fields| FormError::Fields { fields })?;
    // Less than its link has asked for is asked about from now on, also where nothing was reached yet.
    let protection = (*reached).max(target.least);
    let host = Host { display: target.display, protection, last_opened: Some(now()), ..host };
    Ok(Keepsake { host, login: login.map(|login| login.password.clone()) })
}

/// Puts a password into the keyring and notes that it is there; it stays in no keyring without a host that says so.
async fn store(host: &Host, password: &Secret, services: &Services) -> Result<(), Error> {
    let id = host.id;
    services.keyring.set_for(id, host.recipient(), password).await?;
    let noted = services.list.change(move |list| {
        list.get_mut(id)?.has_password = true;
        Ok::<_, StoreError>(())
    });
    if let Err(error) = noted.await {
        services.keyring.forget(id).await?;
        return Err(error.into());
    }
    Ok(())
}

/// VNC's usual port.
const DEFAULT_PORT: u16 = 5900;

#[cfg(test)]
mod tests {
    use super::{
        super::{
            session::{Run, TypedLogin},
            state::Remember,
            tests::services,
        },
        *,
    };
    use crate::{
        model::{Display, FieldProblem, Identity, Level, RsaKey, Target, TextProblem},
        store::Verdict,
    };
    use std::time::Duration;
    use tokio::time::timeout;

    fn login(password: &str, accepted: bool) -> Option<TypedLogin> {
        let (username, password) = (Some("ann".to_owned()), password.to_owned().into());
        Some(TypedLogin { username, password, remember: Remember::No, named: None, accepted })
    }

    async fn run() -> (Run, Arc<Services>, tempfile::TempDir) {
        let (services, folder) = services(&[]).await;
        let services = Arc::new(services);
        let target = Target::unsaved("box:5901".into(), "box:1".parse().unwrap(), true);
        (Run::idle(target, Arc::clone(&services)), services, folder)
    }

    /// Waits until the list says that there is a password.
    async fn stored(services: &Services) {
        let mut list = services.list.changes();
        let is_there = list.wait_for(|_| services.list.get().all().iter().any(|host| host.has_password));
        timeout(Duration::from_secs(20), is_there).await.expect("in time").expect("a list");
    }

    #[tokio::test]
    async fn a_machine_is_kept_as_the_session_knows_it() {
        let (run, services, _folder) = run().await;
        run.set_typed(login("sesame", false));
        run.note_reached(Level::Encrypted, true);
        let display = Display { grab: true, ..Display::default() };
        run.session().set_display(display);
        assert!(run.session().view(&services).can_keep && run.session().view(&services).has_login);

        let (kept, again) = tokio::join!(
            keep(run.session(), "Studio", true, &services),
            // A second click.
            keep(run.session(), "Studio", true, &services)
        );
        assert_eq!(again, Ok(None));
        assert_eq!(kept.unwrap(), Some(Kept { name: "Studio".into() }));
        stored(&services).await;
        let list = services.list.get();
        let [host] = list.all() else { panic!("one host") };
        assert_eq!((host.name.as_str(), host.address.to_string()), ("Studio", "box:5901".into()));
        assert_eq!((host.username.as_str(), host.view_only, host.display), ("ann", true, display));
        assert_eq!((host.protection, host.has_password, host.clear_text), (Some(Level::Encrypted), true, false));
        assert_eq!(services.keyring.get(host.id).await.unwrap().unwrap().expose(), "sesame");
        let view = run.session().view(&services);
        assert!(view.saved && !view.can_keep && view.name == "Studio");
        assert_eq!(keep(run.session(), "Studio", true, &services).await.unwrap(), None, "once");
        assert_eq!(services.list.get().all().len(), 1);
    }

    #[tokio::test]
    async fn only_a_login_that_was_accepted_is_kept_and_only_where_that_is_wanted() {
        for (accepted, wanted) in [(false, true), (true, false)] {
            let (run, services, _folder) = run().await;
            if accepted {
                run.set_typed(login("sesame", false));
                run.note_reached(Level::Password, false);
            } else {
                run.set_typed(login("sesame", false));
            }
            keep(run.session(), "", wanted, &services).await.unwrap().unwrap();
            let host = services.list.get().all()[0].clone();
            assert_eq!((host.name.as_str(), host.has_password), ("box:5901", false));
            assert!(services.keyring.get(host.id).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn what_is_kept_while_something_is_asked_is_that_host_from_then_on() {
        let (run, services, _folder) = run().await;
        let before = run.snapshot().unwrap();
        assert!(run.kept_as(&before).is_none());
        keep(run.session(), "Studio", false, &services).await.unwrap().unwrap();
        let id = services.list.get().all()[0].id;
        let now = run.kept_as(&before).expect("it was added");
        assert_eq!(now.host, Some(id));
        assert!(run.kept_as(&now).is_none(), "it is what it is");
        // What is noted with it reaches the list.
        run.note(&now, |host| host.protection = Some(Level::Encrypted)).await;
        assert_eq!(services.list.get().all()[0].protection, Some(Level::Encrypted));
    }

    #[tokio::test]
    async fn a_name_that_is_none_keeps_nothing() {
        let (run, services, _folder) = run().await;
        let fields = vec![FieldProblem::Name(TextProblem::ControlCharacters)];
        let error = keep(run.session(), "a\nb", false, &services).await.unwrap_err();
        assert_eq!(error, FormError::Fields { fields }.into());
        assert!(
            services.list.get().all().is_empty() && run.session().view(&services).can_keep,
            "it can be tried again"
        );
    }

    #[tokio::test]
    async fn the_way_is_kept_with_it() {
        let by = |ssh_jump: &str, proxy: &str| Target {
            ssh_jump: ssh_jump.parse().ok(),
            proxy: proxy.parse().ok(),
            ..Target::unsaved("box:5901".into(), "box:1".parse().unwrap(), false)
        };
        for (ssh_jump, proxy) in [("ann@jump:2222", ""), ("", "socks5://ann@gate:1080")] {
            let (services, _folder) = services(&[]).await;
            let services = Arc::new(services);
            let target = by(ssh_jump, proxy);
            let run = Run::idle(target.clone(), Arc::clone(&services));
            run.set_typed(login("sesame", false));
            run.note_reached(Level::Encrypted, true);
            let before = run.snapshot().unwrap();
            keep(run.session(), "", true, &services).await.unwrap().unwrap();
            stored(&services).await;
            let host = services.list.get().all()[0].clone();
            assert_eq!((&host.ssh_jump, &host.proxy), (&target.ssh_jump, &target.proxy));
            // The session goes on by it, and the password is for it.
            let now = run.kept_as(&before).expect("it was added");
            assert!(now.is_same_server(&before));
            assert_eq!(services.keyring.get(host.id).await.unwrap().unwrap().expose(), "sesame");
            assert_eq!(Target::from(&host).endpoint(), before.endpoint());
        }
    }

    #[tokio::test]
    async fn what_a_token_leads_to_is_kept_with_its_key_and_with_what_its_link_asks_for() {
        let key = |sha256: &str| Identity::Ra2(RsaKey { bits: 2048, sha256: sha256.into(), short: sha256.into() });
        let (services, _folder) = services(&[]).await;
        let services = Arc::new(services);
        let address = Address::parse("wss://site.example/websockify?token=a").unwrap();
        let target = Target { least: Some(Level::Encrypted), ..Target::unsaved("site".into(), address, false) };
        let run = Run::idle(target.clone(), Arc::clone(&services));
        run.note_identity(&key("ab"));
        keep(run.session(), "", false, &services).await.unwrap().unwrap();
        let host = services.list.get().all()[0].clone();
        let endpoint = Target::from(&host).endpoint();
        assert_eq!(services.pins.verdict(&endpoint, &key("ab")), Verdict::Trusted);
        assert!(matches!(services.pins.verdict(&endpoint, &key("cd")), Verdict::Changed(_)));
        assert_eq!(services.pins.verdict(&target.endpoint(), &key("ab")), Verdict::Unknown, "of other tokens");
        assert_eq!(host.protection, Some(Level::Encrypted), "nothing was reached yet");
        assert_eq!(run.session().target().least, Some(Level::Encrypted), "this session insists on it");

        // The next attempt has to show its key anew.
        run.snapshot().unwrap();
        assert_eq!(run.session().identity(), None);
    }

    #[test]
    fn a_caller_is_kept_with_the_port_that_a_server_usually_has() {
        let target = Target::caller("192.0.2.7:40312".parse().unwrap());
        let known = Known { target: &target, called: true, reached: None, login: None };
        let Ok(Keepsake { host, .. }) = keepsake(&known, "") else { panic!("a host") };
        assert_eq!((host.address.to_string(), host.name.as_str()), ("192.0.2.7".into(), "192.0.2.7"));
        assert!(host.reconnect, "it can be dialled now");
    }
}
