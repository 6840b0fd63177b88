//! Whether a presented key is the server's: the known keys first, then the person.

use super::{
    super::{Answer, Prompt, Stage, Subject},
    Prompts,
};
use crate::{connect::Presented, error::ConnectError, model::Party, store::Verdict};

impl Prompts<'_> {
    /// The fingerprint that the machine's command has named, for the first key that is shown.
    fn named_key(&self) -> Option<String> {
        self.console.as_ref().filter(|_| !self.named_key_shown)?.fingerprint.clone()
    }

    /// Says why it will do.
    ///
    /// # Errors
    /// [`ConnectError::cancelled`] where the person does not trust it, [`ConnectError::OtherKey`].
    pub(super) async fn confirm_identity(&mut self, presented: Presented<'_>) -> Result<&'static str, ConnectError> {
        let Presented { party, endpoint, address, identity, verdict } = presented;
        if let Some(expected) = self.named_key().filter(|_| party != Party::Proxy) {
            self.named_key_shown = true;
            if identity.has_fingerprint(&expected) {
                return Ok("it is the one that the command named");
            }
            let (address, shown) = (address.to_owned(), identity.fingerprint().to_owned());
            return Err(ConnectError::OtherKey { address, expected, shown });
        }
        let known = match verdict {
            Verdict::Trusted => None,
            Verdict::Unknown => Some(None),
            Verdict::Changed(known) => Some(Some(known)),
        };
        let why = if known.is_some() { "accepted" } else { "known, or vouched for by an authority" };
        if let Some(known) = known {
            let prompt = Prompt::Trust { identity: identity.clone(), known };
            let subject = match party {
                // Also one that the environment names.
                Party::Proxy => Subject { address: address.to_owned(), ..self.subject(party) },
                _ => self.subject(party),
            };
            let Some(Answer::Trust) = self.ask_about(subject, prompt, Stage::Handshake).await else {
                return Err(ConnectError::cancelled());
            };
        }
        if let Err(error) = self.run.services.pins.accept(endpoint, identity).await {
            tracing::warn!(%error, "a server's key is known for this session only");
        }
        if party == Party::Server {
            self.run.note_identity(identity);
            // It was added to the list while the person was asked.
            if let Some(kept) = self.run.kept_as(&self.target)
                && let Err(error) = self.run.services.pins.accept(&kept.endpoint(), identity).await
            {
                tracing::warn!(%error, "the key of a machine that was added is not known with it");
            }
        }
        Ok(why)
    }
}
