//! What ssh asks on the way: the keyring first, then the person.

use super::{
    super::{Answer, Prompt, SshQuestion, Stage},
    Found, Prompts, saved_or,
};
use crate::{
    model::{Party, Secret},
    transport::ssh::question::{Question, Reply, SecretOf},
};

impl Prompts<'_> {
    pub(super) async fn answer_ssh(&mut self, question: &Question) -> Option<Reply> {
        let Question::Secret { account, again, .. } = question else {
            return self.ask_ssh(question, None).await.map(|_| Reply::Yes);
        };
        let Some(known) = account.as_deref().filter(|_| !again) else {
            return self.ask_ssh(question, account.as_deref()).await?.map(Reply::Secret);
        };
        match saved_or(self.run, known, Stage::Ssh, self.ask_ssh(question, Some(known))).await {
            Found::Saved(secret) => Some(Reply::Secret(secret)),
            Found::Said(typed) => typed?.map(Reply::Secret),
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
