//! The SecureOn password of a machine's network card.

use super::Keyring;
use crate::{
    error::{ConnectError, Result},
    model::{HostId, SecureOn, Wake},
};

impl Keyring {
    /// What belongs behind the packet that wakes the host; none where it has no password.
    ///
    /// # Errors
    /// [`ConnectError::WakePasswordMissing`] where the list says that there is one, and the keyring has none that could be sent; as
    /// [`Keyring::get_for`].
    pub async fn secure_on(&self, host: HostId, wake: &Wake) -> Result<Option<SecureOn>> {
        if !wake.has_password {
            return Ok(None);
        }
        let found = self.get_for(SecureOn::account(host), wake.recipient()).await?;
        let password = found.and_then(|text| SecureOn::parse(&text).ok());
        password.map(Some).ok_or_else(|| ConnectError::WakePasswordMissing.into())
    }
}
