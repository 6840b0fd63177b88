//! Waking the machine: its SecureOn password from the keyring, and what the SSH host asks that sends the packet.

use super::{super::Stage, Prompts};
use crate::{error::Error, model::Wake, transport::wake::Sender};

impl Prompts<'_> {
    /// Sends the packet that wakes the machine, and returns what sends it again.
    ///
    /// # Errors
    /// Those of the keyring and of [`Sender`].
    pub(in super::super) async fn wake(&mut self, wake: &Wake) -> Result<Sender, Error> {
        let password = match self.target.host.filter(|_| wake.has_password) {
            Some(id) => {
                self.run.set_stage(Stage::Keyring);
                self.run.services.keyring.secure_on(id, wake).await?
            }
            None => None,
        };
        self.run.set_stage(if wake.way.ssh_host.is_some() { Stage::Ssh } else { Stage::Waking });
        self.waking_through.clone_from(&wake.way.ssh_host);
        let opened = Sender::open(wake, password.as_ref(), self).await;
        self.waking_through = None;
        let mut sender = opened?;
        self.keep_proved();
        sender.send().await?;
        Ok(sender)
    }
}
