//! Whether a presented key is the server's: the known keys first, then the person.

use super::{
    super::{Answer, Prompt, Stage},
    Prompts,
};
use crate::{connect::Presented, error::ConnectError, store::Verdict};

impl Prompts<'_> {
    pub(super) async fn confirm_identity(&mut self, presented: Presented<'_>) -> Result<(), ConnectError> {
        let Presented { party, endpoint, identity, verdict, .. } = presented;
        let known = match verdict {
            Verdict::Trusted => None,
            Verdict::Unknown => Some(None),
            Verdict::Changed(known) => Some(Some(known)),
        };
        if let Some(known) = known {
            let prompt = Prompt::Trust { identity: identity.clone(), known };
            let Some(Answer::Trust) = self.ask(party, prompt, Stage::Handshake).await else {
                return Err(ConnectError::cancelled());
            };
        }
        let (pins, endpoint, identity) = (self.run.services.pins.clone(), endpoint.to_owned(), identity.clone());
        // Accepting it writes a file.
        let accepted = tokio::task::spawn_blocking(move || pins.accept(&endpoint, &identity)).await;
        if let Ok(Err(error)) = accepted {
            tracing::warn!(%error, "a server's key is known for this session only");
        }
        Ok(())
    }
}
