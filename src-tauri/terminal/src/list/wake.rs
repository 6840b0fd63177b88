//! `portlight wake`: sends the packet that switches a machine on. What ssh asks on the way to the host that sends it is answered by
//! the keyring, and else by a person at the terminal.

use super::{find, runtime, saved, sentence};
use crate::{
    asking::{self, SshReply},
    doctor::KEYRING_SERVICE,
};
use portlight_engine::{
    ConnectError,
    keyring::Keyring,
    model::{HostId, Wake},
    session::SshQuestion,
    ssh::{AskPass, Question, Reply},
    wake::Sender,
};
use std::future::pending;
use tokio::task::spawn_blocking;

/// Sends the packet to the machine of this name.
pub(super) fn send(name: &str) -> Result<(), String> {
    let list = saved()?;
    let host = find(&list, name)?;
    let edit = || format!("the network card of {0:?} is not known: portlight edit {0:?} --mac MAC", host.name);
    let wake = host.wake().ok_or_else(edit)?;
    let runtime = runtime()?;
    let sent = runtime.block_on(send_to(host.id, &wake));
    // Does not wait for an unanswered question, nor for a keyring that hangs.
    runtime.shutdown_background();
    sent
}

async fn send_to(id: HostId, wake: &Wake) -> Result<(), String> {
    let keyring = Keyring::new(KEYRING_SERVICE);
    let password = keyring.secure_on(id, wake).await.map_err(sentence)?;
    let mut person = Person { keyring, problem: None };
    let opened = Sender::open(wake, password.as_ref(), &mut person).await;
    let mut sender = opened.map_err(|error| match (error, person.problem) {
        (ConnectError::ViewerFailed { .. }, Some(problem)) => problem,
        (error, _) => error.to_string(),
    })?;
    sender.send().await.map_err(sentence)
}

/// Who answers ssh.
struct Person {
    keyring: Keyring,
    /// Why there was no answer.
    problem: Option<String>,
}

impl AskPass for Person {
    async fn answer(&mut self, question: &Question) -> Option<Reply> {
        if let Question::Secret { account: Some(account), again: false, .. } = question
            && let Ok(Some(secret)) = self.keyring.get(account).await
        {
            return Some(Reply::Secret(secret));
        }
        let question = SshQuestion::from(question);
        match spawn_blocking(move || asking::ssh(&question)).await.map_err(sentence).and_then(|answer| answer) {
            Ok(SshReply::Secret(secret)) => Some(Reply::Secret(secret)),
            Ok(SshReply::Yes) => Some(Reply::Yes),
            // Until ssh withdraws it.
            Ok(SshReply::Nothing) => pending().await,
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
        }
    }
}
