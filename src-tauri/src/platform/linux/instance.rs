//! One Portlight for each user session: the first one owns a name on the session bus, later ones call it there.
//! Without a session bus each is the first one, and only the list's lock keeps them apart.

use crate::platform::{Claim, Duties};
use portlight_engine::{Imported, import::Site, model::Secret};
use std::{
    fs::File,
    io::{self, Read},
};
use tauri::{AppHandle, Builder, Wry, async_runtime};
use terminal::{
    ImportRequest, ListChange, OpenRequest,
    instance::{self, BUS_TIMEOUT, HandOver, NAME, PATH},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use zbus::{Connection, connection, fdo, zvariant::OwnedFd};

/// A request of a later instance, and where its outcome goes.
enum Call {
    Open(OpenRequest, oneshot::Sender<Result<(), String>>),
    Import(ImportRequest, oneshot::Sender<Result<Imported, String>>),
    Change(ListChange, Option<OwnedFd>, oneshot::Sender<Result<String, String>>),
}

/// The first instance: owns the name as long as it lives.
pub struct Instance {
    calls: mpsc::UnboundedReceiver<Call>,
    /// None without a session bus.
    connection: Option<Connection>,
}

/// The object that later instances call.
struct Service {
    calls: mpsc::UnboundedSender<Call>,
}

#[zbus::interface(name = "io.github.portlight.Portlight1")]
impl Service {
    /// Opens what is asked for, in JSON. Returns when the windows are there, or on their way.
    async fn open(&self, request: String) -> fdo::Result<()> {
        let request = serde_json::from_str(&request).map_err(|cause| fdo::Error::InvalidArgs(cause.to_string()))?;
        self.call(|answer| Call::Open(request, answer)).await
    }

    /// Adds what is proposed of the machines in these files, and says how many were added and changed, and how many passwords
    /// were taken. With `all` it adds those that may not be machines, too. Machines of token files are reached through `site`,
    /// where that is not empty.
    async fn import(
        &self,
        paths: Vec<String>,
        passwords: bool,
        all: bool,
        site: String,
    ) -> fdo::Result<(u64, u64, u64)> {
        let site = if site.is_empty() { None } else { Some(Site::parse(&site)) };
        let site = site.transpose().map_err(|problem| fdo::Error::InvalidArgs(problem.to_string()))?;
        let request = ImportRequest { paths: paths.into_iter().map(Into::into).collect(), site, passwords, all };
        let Imported { added, changed, passwords } = self.call(|answer| Call::Import(request, answer)).await?;
        Ok((added as u64, changed as u64, passwords as u64))
    }

    /// Changes the list; what is to be changed, and what has changed, is JSON. A password is what can be read from the first of
    /// `passwords`.
    async fn change(&self, change: String, passwords: Vec<OwnedFd>) -> fdo::Result<String> {
        let change = serde_json::from_str(&change).map_err(|cause| fdo::Error::InvalidArgs(cause.to_string()))?;
        let password = passwords.into_iter().next();
        self.call(|answer| Call::Change(change, password, answer)).await
    }
}

impl Service {
    async fn call<T>(&self, call: impl FnOnce(oneshot::Sender<Result<T, String>>) -> Call) -> fdo::Result<T> {
        let ending = || fdo::Error::Failed("the Portlight that is running is about to end".to_owned());
        let (answer, answered) = oneshot::channel();
        self.calls.send(call(answer)).map_err(|_| ending())?;
        answered.await.map_err(|_| ending())?.map_err(fdo::Error::Failed)
    }
}

/// What another process has written into a pipe, and closed.
///
/// # Errors
/// A sentence: that it is too long or no text, or that the other end is still open.
async fn read_password(end: OwnedFd) -> Result<Secret, String> {
    let read = async_runtime::spawn_blocking(move || {
        // With all its room from the beginning: one that grows leaves copies.
        let mut password = Secret::from(String::with_capacity(MAX_SECRET));
        File::from(std::os::fd::OwnedFd::from(end)).take(MAX_SECRET as u64).read_to_string(password.expose_mut())?;
        io::Result::Ok(password)
    });
    match timeout(BUS_TIMEOUT, read).await {
        Ok(Ok(read)) => read.map_err(|cause| format!("the password cannot be read: {cause}")),
        Ok(Err(cause)) => Err(cause.to_string()),
        Err(_) => Err("the password has no end".to_owned()),
    }
}

/// Bytes of a secret: a login to a website may have 8 KiB of headers, which JSON escapes.
const MAX_SECRET: usize = 64 * 1024;

/// Becomes the first instance. `portlight` has found none, but another one may have started since: then that one gets
/// `request`.
///
/// # Errors
/// A sentence for the terminal: that one could not do what was asked for, or did not answer in time.
pub fn claim(request: &OpenRequest) -> Result<Claim, String> {
    async_runtime::block_on(async {
        let (sender, calls) = mpsc::unbounded_channel();
        let connection = loop {
            match timeout(BUS_TIMEOUT, serve(Service { calls: sender.clone() })).await {
                Ok(Ok(connection)) => break Some(connection),
                Ok(Err(zbus::Error::NameTaken)) => match hand_over(request).await? {
                    HandOver::Done(()) => return Ok(Claim::HandedOver),
                    // It has ended meanwhile.
                    HandOver::NobodyThere => {}
                },
                Ok(Err(cause)) => {
                    tracing::info!(%cause, "no session bus");
                    break None;
                }
                Err(_) => {
                    tracing::info!("the session bus does not answer");
                    break None;
                }
            }
        };
        Ok(Claim::First(Instance { calls, connection }))
    })
}

/// A connection that owns [`NAME`] and serves `service` there.
async fn serve(service: Service) -> zbus::Result<Connection> {
    let builder = connection::Builder::session()?.serve_at(PATH, service)?;
    builder.name(NAME)?.replace_existing_names(false).allow_name_replacements(false).build().await
}

async fn hand_over(request: &OpenRequest) -> Result<HandOver, String> {
    let bus = Connection::session().await.map_err(|cause| cause.to_string())?;
    instance::ask(&bus, request).await.map_err(|refusal| refusal.to_string())
}

impl Instance {
    /// Nothing to add: the bus is in use already.
    pub fn register(&self, builder: Builder<Wry>, _duties: Duties) -> Builder<Wry> {
        builder
    }

    /// Does what later instances ask for, one after the other, those first who asked while this one was starting.
    pub fn serve(mut self, app: &AppHandle, duties: Duties) {
        let app = app.clone();
        let Duties { open, import, change } = duties;
        async_runtime::spawn(async move {
            // Kept here: the name goes with the connection.
            let _connection = self.connection;
            while let Some(call) = self.calls.recv().await {
                let app = app.clone();
                // Each blocks: until the main thread has made the window, or until the list is written. An answer that cannot
                // be sent means that the later instance has stopped waiting.
                match call {
                    Call::Open(request, answer) => {
                        let opened = async_runtime::spawn_blocking(move || open(&app, &request)).await;
                        let _ = answer.send(opened.unwrap_or_else(|cause| Err(cause.to_string())));
                    }
                    Call::Import(request, answer) => {
                        let imported = async_runtime::spawn_blocking(move || import(&app, request)).await;
                        let _ = answer.send(imported.unwrap_or_else(|cause| Err(cause.to_string())));
                    }
                    Call::Change(wanted, password, answer) => {
                        let password = match password.map(read_password) {
                            Some(reading) => reading.await.map(Some),
                            None => Ok(None),
                        };
                        let changed = match password {
                            Ok(password) => async_runtime::spawn_blocking(move || change(&app, wanted, password)).await,
                            Err(sentence) => Ok(Err(sentence)),
                        };
                        let _ = answer.send(changed.unwrap_or_else(|cause| Err(cause.to_string())));
                    }
                }
            }
        });
    }
}
