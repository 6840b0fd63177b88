//! One Portlight for each user session: the first one owns a name on the session bus, later ones call it there.
//! Without a session bus each is the first one, and only the list's lock keeps them apart.

use crate::platform::{Claim, Import, Open};
use portlight_engine::Imported;
use tauri::{AppHandle, Builder, Wry, async_runtime};
use terminal::{
    ImportRequest, OpenRequest,
    instance::{self, BUS_TIMEOUT, HandOver, NAME, PATH},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use zbus::{Connection, connection, fdo};

/// A request of a later instance, and where its outcome goes.
enum Call {
    Open(OpenRequest, oneshot::Sender<Result<(), String>>),
    Import(ImportRequest, oneshot::Sender<Result<Imported, String>>),
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
    /// Opens `target`, or the list where that is empty. Returns when the window is there.
    async fn open(&self, target: String, view_only: bool) -> fdo::Result<()> {
        let request = OpenRequest { target: Some(target).filter(|target| !target.is_empty()), view_only };
        self.call(|answer| Call::Open(request, answer)).await
    }

    /// Adds what is proposed of the machines in these files, and says how many were added and changed, and how many passwords
    /// were taken. With `all` it adds those that may not be machines, too.
    async fn import(&self, paths: Vec<String>, passwords: bool, all: bool) -> fdo::Result<(u64, u64, u64)> {
        let request = ImportRequest { paths: paths.into_iter().map(Into::into).collect(), passwords, all };
        let Imported { added, changed, passwords } = self.call(|answer| Call::Import(request, answer)).await?;
        Ok((added as u64, changed as u64, passwords as u64))
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
    instance::ask(&bus, request).await
}

impl Instance {
    /// Nothing to add: the bus is in use already.
    pub fn register(&self, builder: Builder<Wry>, _open: Open) -> Builder<Wry> {
        builder
    }

    /// Does what later instances ask for, one after the other, those first who asked while this one was starting.
    pub fn serve(mut self, app: &AppHandle, open: Open, import: Import) {
        let app = app.clone();
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
                }
            }
        });
    }
}
