//! What ssh asks on the way: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, SshQuestion, Stage},
    Prompts,
};
use crate::{
    keyring::KEYRING_OFFER_DELAY,
    model::{Party, Secret},
    transport::ssh::question::{Question, Reply, SecretOf},
};
use std::pin::pin;
use tokio::time::timeout;

impl Prompts<'_> {
    pub(super) async fn answer_ssh(&mut self, question: &Question) -> Option<Reply> {
        let Question::Secret { account, again, .. } = question else {
            return self.ask_ssh(question, None).await.map(|_| Reply::Yes);
        };
        let Some(known) = account.as_deref().filter(|_| !again) else {
            return self.ask_ssh(question, account.as_deref()).await?.map(Reply::Secret);
        };
        let run = self.run;
        run.set_stage(Stage::Keyring);
        let mut saved = pin!(run.services.keyring.get(known));
        let answer = match timeout(KEYRING_OFFER_DELAY, &mut saved).await {
            Ok(answer) => answer,
            // The keyring is slow, maybe waiting to be unlocked. The prompt is withdrawn when it answers after all.
            Err(_) => tokio::select! {
                typed = self.ask_ssh(question, Some(known)) => return typed?.map(Reply::Secret),
                Ok(Some(secret)) = &mut saved => Ok(Some(secret)),
            },
        };
        run.set_stage(Stage::Ssh);
        match answer.inspect_err(|error| tracing::info!(%error, "nothing for ssh from the keyring")) {
            Ok(Some(secret)) => Some(Reply::Secret(secret)),
            Ok(None) | Err(_) => self.ask_ssh(question, Some(known)).await?.map(Reply::Secret),
        }
    }

    /// The secret as typed, if one was asked for; none where the person gave up.
    async fn ask_ssh(&mut self, question: &Question, account: Option<&str>) -> Option<Option<Secret>> {
        let prompt = Prompt::Ssh { question: SshQuestion::from(question), can_keep: account.is_some() };
        let Answer::Ssh { secret, remember } = self.ask(Party::SshHost, prompt, Stage::Ssh).await? else {
            return None;
        };
        if let (Some(account), Some(secret), true) = (account, &secret, remember) {
            self.unproved.retain(|(other, _)| other != account);
            self.unproved.push((account.to_owned(), secret.clone()));
        }
        Some(secret)
    }

    /// The path is there, so that what was typed for it is right: puts it into the keyring, beside the session.
    pub(super) fn keep_proved(&mut self) {
        for (account, secret) in std::mem::take(&mut self.unproved) {
            let keyring = self.run.services.keyring.clone();
            self.run.services.runtime.spawn(async move {
                if let Err(error) = keyring.set(account, &secret).await {
                    tracing::info!(%error, "a secret was not kept");
                }
            });
        }
    }
}

impl From<&Question> for SshQuestion {
    fn from(question: &Question) -> Self {
        match question.clone() {
            Question::Secret { prompt, of, again, .. } => match of {
                SecretOf::Password => Self::Password { prompt, again },
                SecretOf::Passphrase => Self::Passphrase { prompt, again },
                SecretOf::Other => Self::Other { prompt, again },
            },
            Question::HostKey { prompt, fingerprint } => Self::HostKey { prompt, fingerprint },
            Question::Confirm { prompt } => Self::Confirm { prompt },
            Question::Notice { prompt } => Self::Notice { prompt },
        }
    }
}
