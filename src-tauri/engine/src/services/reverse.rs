//! Reverse connections: whether and where Portlight listens for them, and those that come in.

use crate::{
    error::{ConnectError, Result, StoreError},
    store::{Listening, ListeningView},
    transport::reverse::{IncomingConnection, ReverseListener, addresses},
};
use std::path::{Path, PathBuf};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::spawn_blocking,
};

/// The listener for reverse connections and its setting.
pub struct Reverse {
    listener: ReverseListener,
    incoming: tokio::sync::Mutex<mpsc::UnboundedReceiver<IncomingConnection>>,
    listening: watch::Sender<Listening>,
    /// Held while the setting is changed.
    changing: tokio::sync::Mutex<()>,
    config: PathBuf,
}

impl Reverse {
    /// The setting of the last time in the folder `config`. Nothing listens yet.
    pub(crate) fn new(config: &Path, runtime: Handle) -> Self {
        let (listener, incoming) = ReverseListener::new(runtime);
        let listening = watch::Sender::new(Listening::read(config));
        let (incoming, changing) = (tokio::sync::Mutex::new(incoming), tokio::sync::Mutex::default());
        Self { listener, incoming, listening, changing, config: config.to_owned() }
    }

    /// That a newer Portlight has written the setting: nothing listens, as it may mean something else by it.
    pub(crate) fn notice(&self) -> Option<StoreError> {
        let version = Listening::newer_version(&self.config)?;
        let detail = format!("its version is {version}: a newer Portlight has written it");
        Some(StoreError::FileUnreadable { path: Listening::path(&self.config), detail })
    }

    /// Listens as it was chosen the last time.
    ///
    /// # Errors
    /// [`ConnectError::CannotListen`]: then nothing listens, and what was chosen stays chosen.
    pub(crate) async fn start(&self) -> Result<(), ConnectError> {
        let listening = self.listening.borrow().clone();
        self.bind(&listening).await
    }

    /// Whether and where Portlight listens.
    pub fn view(&self) -> ListeningView {
        ListeningView { listening: self.listening.borrow().clone(), addresses: addresses() }
    }

    /// Wakes each time that another choice is in force.
    pub fn changes(&self) -> watch::Receiver<Listening> {
        self.listening.subscribe()
    }

    /// Listens as `listening` says, from now on and after the next start.
    ///
    /// # Errors
    /// [`ConnectError::CannotListen`]: then nothing listens. [`StoreError::System`] where the setting cannot be saved: then
    /// Portlight listens as before. What was chosen before stays chosen.
    pub async fn listen(&self, listening: Listening) -> Result<()> {
        let _changing = self.changing.lock().await;
        self.bind(&listening).await?;
        let (config, chosen) = (self.config.clone(), listening.clone());
        let written = spawn_blocking(move || chosen.write(&config)).await;
        if let Err(cause) = written.unwrap_or_else(|cause| Err(cause.into())) {
            self.start().await?;
            let path = Listening::path(&self.config);
            let detail = format!("could not save to {} where to listen: {cause}", path.display());
            return Err(StoreError::System { detail }.into());
        }
        self.listening.send_replace(listening);
        Ok(())
    }

    /// The next reverse connection.
    pub async fn next(&self) -> Option<IncomingConnection> {
        self.incoming.lock().await.recv().await
    }

    async fn bind(&self, listening: &Listening) -> Result<(), ConnectError> {
        let bound = self.listener.listen(listening.bind_address()).await;
        bound.map(drop).map_err(|cause| ConnectError::CannotListen {
            address: listening.socket_address().to_string(),
            detail: cause.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, net::Ipv4Addr};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn a_setting_that_cannot_be_saved_is_not_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let reverse = Reverse::new(folder.path(), Handle::current());
        let on = Listening { on: true, address: Ipv4Addr::LOCALHOST.into(), port: free.port() };
        fs::create_dir(Listening::path(folder.path())).unwrap();
        let error = reverse.listen(on.clone()).await.unwrap_err();
        assert!(error.to_string().contains("listen.json"), "{error}");
        assert!(!reverse.view().listening.on);
        assert!(TcpStream::connect(free).await.is_err(), "it does not listen either");

        fs::remove_dir(Listening::path(folder.path())).unwrap();
        assert_eq!(reverse.notice(), None);
        fs::write(Listening::path(folder.path()), r#"{ "version": 2, "on": true }"#).unwrap();
        let notice = reverse.notice().expect("a notice").to_string();
        assert!(notice.contains("listen.json") && notice.contains("version is 2"), "{notice}");
        fs::remove_file(Listening::path(folder.path())).unwrap();
        reverse.listen(on.clone()).await.unwrap();
        assert_eq!(reverse.view().listening, on);
        assert!(TcpStream::connect(free).await.is_ok());
    }
}
