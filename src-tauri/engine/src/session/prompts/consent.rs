//! Consent to less protection than before, and to a password that travels readably.

use super::{
    super::{Answer, Prompt, Stage},
    Prompts,
};
use crate::{connect::Weaker, error::ConnectError, model::Party};

impl Prompts<'_> {
    pub(super) async fn consent_to_weaker(&mut self, weaker: Weaker) -> Result<(), ConnectError> {
        let Weaker { before, now, security_type } = weaker;
        if let Some(wanted) = self.target.least.filter(|wanted| now < *wanted) {
            // Nothing is asked: what a link says is not changed by an attacker in between.
            let address = self.target.address.without_query().to_string();
            return Err(ConnectError::BelowLink { address, wanted, now });
        }
        let security_type = security_type.name().map_or_else(|| security_type.to_string(), str::to_owned);
        let prompt = Prompt::Weaker { before, now, security_type };
        let Some(Answer::Weaker { remember }) = self.ask(Party::Server, prompt, Stage::Handshake).await else {
            return Err(ConnectError::cancelled());
        };
        self.run.agree(|agreed| agreed.level = Some(now));
        if remember {
            self.run.note(&self.target, move |host| host.protection = Some(now)).await;
        }
        Ok(())
    }

    pub(super) async fn consent_to_clear_text(
        &mut self,
        party: Party,
        security_type: &str,
    ) -> Result<(), ConnectError> {
        let prompt = Prompt::ClearText { security_type: security_type.to_owned() };
        let Some(Answer::ClearText { remember }) = self.ask(party, prompt, Stage::Handshake).await else {
            return Err(ConnectError::cancelled());
        };
        self.run.agree(|agreed| agreed.clear_text = true);
        if remember {
            self.run.note(&self.target, |host| host.clear_text = true).await;
        }
        Ok(())
    }
}
