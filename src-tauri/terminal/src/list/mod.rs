//! `portlight list`, `show`, `add`, `edit`, `remove` and `wake`: without display or session bus, where no Portlight runs.

mod print;
mod secrets;
mod wake;

use crate::{
    args::{ListChange, SaveArgs, SecretArgs, SecretKind},
    doctor::KEYRING_SERVICE,
    instance::{self, Answer},
};
use portlight_engine::{
    Engine, Error, FormError, Hosts, PasswordOutcome, Settings, StoreError,
    keyring::Keyring,
    model::{Address, Host, HostChange, HostId, HostSource, HostView, NamedLogin, Secret, without_secrets},
    store::List,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

/// What became of a [`ListChange`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Changed {
    /// The machines as they are now, or as they were when they were removed: each a `HostView`.
    pub machines: Vec<Value>,
    /// Why a password is not in the keyring, or still there, though the machine is saved.
    pub password: Option<String>,
}

/// Prints the saved machines.
pub fn print_all(tags: &[String], json: bool) -> ExitCode {
    ended(saved().map(|list| {
        let has = |host: &&Host, tag: &String| host.tags.iter().any(|has| has.to_lowercase() == tag.to_lowercase());
        let chosen = list.all().iter().filter(|host| tags.iter().all(|tag| has(host, tag)));
        let views: Vec<HostView> = chosen.map(Host::view).collect();
        print::machines(&views, &all_named(), json);
    }))
}

/// Prints what is saved about a machine.
pub fn show(name: &str, json: bool) -> ExitCode {
    ended(saved().and_then(|list| {
        print::machine(&find(&list, name)?.view(), &all_named(), json);
        Ok(())
    }))
}

/// Adds a machine, or changes one.
pub fn save(args: SaveArgs) -> ExitCode {
    let SaveArgs { name, change, secrets: SecretArgs { given, forgotten }, json } = args;
    ended((|| {
        let list = saved()?;
        let host = name.as_deref().map(|name| find(&list, name).map(|host| host.id)).transpose()?;
        let secret = given.as_ref().map(secrets::read).transpose()?;
        let given = given.map(|given| given.kind());
        let changed = perform(&ListChange::Save { host, change: Box::new(change), forgotten, given }, secret)?;
        let deed = if host.is_some() { "changed" } else { "added" };
        print::changed(&changed, deed, &all_named(), json);
        changed.password.map_or(Ok(()), |problem| {
            Err(format!("the machine is saved, what belongs into the keyring is not: {problem}"))
        })
    })())
}

/// Takes machines off the list, all or none.
pub fn remove(names: &[String], json: bool) -> ExitCode {
    ended((|| {
        let list = saved()?;
        let mut hosts =
            names.iter().map(|name| find(&list, name).map(|host| host.id)).collect::<Result<Vec<_>, _>>()?;
        hosts.sort_unstable();
        hosts.dedup();
        print::removed(&perform(&ListChange::Remove { hosts }, None)?, &all_named(), json);
        Ok(())
    })())
}

/// Sends the packet that switches a machine on.
pub fn wake(name: &str) -> ExitCode {
    ended(wake::send(name))
}

/// Changes a list, as the Portlight that holds it.
///
/// # Errors
/// A sentence for the terminal; then nothing is changed.
pub async fn change(hosts: &Hosts, change: ListChange, secret: Option<Secret>) -> Result<Changed, String> {
    match change {
        ListChange::Save { host, change, forgotten, given } => {
            if given == Some(SecretKind::HttpLogin) {
                is_website(hosts, host, &change)?;
            }
            let secrets = secrets::change(&forgotten, given, secret)?;
            let saved = hosts.change(host, &change, secrets).await.map_err(|error| refused(&error))?;
            let password = match saved.password {
                PasswordOutcome::NotStored { error } => Some(error.to_string()),
                PasswordOutcome::Kept | PasswordOutcome::Stored | PasswordOutcome::Forgotten => None,
            };
            Ok(Changed { machines: values(&[saved.host])?, password })
        }
        ListChange::Remove { hosts: ids } => {
            let all = hosts.view().hosts;
            let machines: Vec<HostView> = all.into_iter().filter(|host| ids.contains(&host.id)).collect();
            hosts.remove(ids).await.map_err(sentence)?;
            Ok(Changed { machines: values(&machines)?, password: None })
        }
    }
}

/// That a machine is behind a website, as it is or as it is to be.
fn is_website(hosts: &Hosts, id: Option<HostId>, change: &HostChange) -> Result<(), String> {
    let saved = || hosts.view().hosts.into_iter().find(|host| Some(host.id) == id).map(|host| host.address);
    let address = change.address.clone().or_else(saved).unwrap_or_default();
    // What is no address is told when it is saved.
    match address.parse() {
        Ok(Address::Ws(_)) | Err(_) => Ok(()),
        Ok(_) => Err("a login to a website is for a machine whose address begins with ws:// or wss://".to_owned()),
    }
}

/// Changes the list itself under its lock, or lets the Portlight that holds it do so.
fn perform(wanted: &ListChange, secret: Option<Secret>) -> Result<Changed, String> {
    let (config, _) = Settings::folders().map_err(sentence)?;
    let runtime = runtime()?;
    // The keyring's work needs it from the beginning.
    let _inside = runtime.enter();
    let changed = match Hosts::offline(&config, Keyring::new(KEYRING_SERVICE)) {
        Ok(hosts) => runtime.block_on(change(&hosts, wanted.clone(), secret)),
        Err(in_use @ StoreError::HostsInUse { .. }) => match instance::change(wanted, secret.as_ref())? {
            Answer::Done(answer) => serde_json::from_str(&answer).map_err(sentence),
            Answer::NobodyThere => Err(in_use.to_string()),
        },
        Err(error) => Err(error.to_string()),
    };
    drop(_inside);
    // Does not wait for the thread of a keyring that hangs after its deadline.
    runtime.shutdown_background();
    changed
}

/// Why a machine was not saved, with the option that would have helped.
fn refused(error: &Error) -> String {
    match error {
        Error::Form(FormError::ConfirmAddress { .. }) => {
            format!("{error}: --logins keep or --logins forget says what becomes of them")
        }
        Error::Form(FormError::Fields { fields }) => {
            fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        }
        _ => error.to_string(),
    }
}

fn values(views: &[HostView]) -> Result<Vec<Value>, String> {
    views.iter().map(|view| serde_json::to_value(view).map_err(sentence)).collect()
}

/// What machines name by an id, with its name.
#[derive(Default)]
struct Named {
    logins: Vec<NamedLogin>,
    sources: Vec<HostSource>,
}

/// The named logins and the lists of others. Where they cannot be read, no machine has one.
fn all_named() -> Named {
    let Ok((config, _)) = Settings::folders() else { return Named::default() };
    Named {
        logins: Engine::peek_logins(&config).unwrap_or_default(),
        sources: Engine::peek_sources(&config).unwrap_or_default(),
    }
}

fn saved() -> Result<List, String> {
    let (config, _) = Settings::folders().map_err(sentence)?;
    Engine::peek(&config).map_err(sentence)
}

/// The machine of this name, in its own case or else in any, of this address, or of this id. Where several are called so, none is meant.
fn find<'a>(list: &'a List, text: &str) -> Result<&'a Host, String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let is_address = |host: &Host| text.parse().is_ok_and(|address| host.address == address);
    let by: [&dyn Fn(&Host) -> bool; 4] = [
        &|host| host.id.to_string() == text,
        &|host| host.name == text,
        &|host| host.name.to_lowercase() == lower,
        &is_address,
    ];
    for is_meant in by {
        let mut found = list.all().iter().filter(|host| is_meant(host));
        match (found.next(), found.next()) {
            (Some(host), None) => return Ok(host),
            (Some(one), Some(other)) => {
                let ids = [one, other].map(|host| HostId::to_string(&host.id)).join(" and ");
                return Err(format!("{text:?} is more than one machine: name it by its id, such as {ids}"));
            }
            (None, _) => {}
        }
    }
    match list.unreadable(text) {
        Some(detail) => {
            Err(StoreError::HostUnreadable { name: text.to_owned(), detail: detail.to_owned() }.to_string())
        }
        None => Err(format!("{:?} is not in the list: portlight list prints what is", without_secrets(text))),
    }
}

fn runtime() -> Result<Runtime, String> {
    Builder::new_current_thread().enable_all().build().map_err(sentence)
}

fn ended(done: Result<(), String>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("portlight: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn sentence(cause: impl ToString) -> String {
    cause.to_string()
}
