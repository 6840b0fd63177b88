//! Waking the machine: its SecureOn password from the keyring, and what the SSH host asks that sends the packet.

use super::{
    super::{Answer, Prompt, Stage},
    Kept, Prompts, kept_or,
};
use crate::{
    error::{ConnectError, Error, KeyringError},
    model::{HostId, Party, SecureOn, Wake},
    transport::wake::Sender,
};

impl Prompts<'_> {
    /// Sends the packet that wakes the machine, and returns what sends it again.
    ///
    /// # Errors
    /// [`ConnectError::WakePasswordMissing`]; those of [`Sender`]; [`ConnectError::cancelled`] where the person gave up.
    pub(in super::super) async fn wake(&mut self, wake: &Wake) -> Result<Sender, Error> {
        let stage = if wake.way.ssh_host.is_some() { Stage::Ssh } else { Stage::Waking };
        let password = match self.target.host.filter(|_| wake.has_password) {
            Some(id) => Some(self.secure_on(id, wake, stage).await?),
            None => None,
        };
        self.run.set_stage(stage);
        self.waking_through.clone_from(&wake.way.ssh_host);
        let opened = Sender::open(wake, password.as_ref(), self).await;
        self.waking_through = None;
        let mut sender = opened?;
        self.keep_proved();
        sender.send().await?;
        Ok(sender)
    }

    /// What belongs behind the packet. Where the keyring is slow or fails, the person may type it; the prompt is withdrawn when the
    /// keyring answers after all.
    async fn secure_on(&mut self, id: HostId, wake: &Wake, stage: Stage) -> Result<SecureOn, ConnectError> {
        let (run, keyring) = (self.run, self.run.services.keyring.clone());
        let kept = keyring.get_for(SecureOn::account(id), wake.recipient());
        match kept_or(run, kept, stage, |keyring| self.ask_for_secure_on(keyring, stage)).await {
            Kept::Kept(text) => {
                let password = text.and_then(|text| SecureOn::parse(&text).ok());
                password.ok_or(ConnectError::WakePasswordMissing)
            }
            Kept::Said(password) => password,
        }
    }

    async fn ask_for_secure_on(&mut self, keyring: KeyringError, stage: Stage) -> Result<SecureOn, ConnectError> {
        let mut again = false;
        loop {
            let prompt = Prompt::SecureOn { keyring: keyring.clone(), again };
            let Some(Answer::SecureOn { password }) = self.ask(Party::Server, prompt, stage).await else {
                return Err(ConnectError::cancelled());
            };
            match SecureOn::parse(&password) {
                Ok(password) => return Ok(password),
                Err(_) => again = true,
            }
        }
    }
}
