//! A login on its way into the keyring, beside the session: a keyring that waits to be unlocked keeps nobody from the picture.

use super::{services::Services, session::Session, state::Storing};
use crate::{error::Error, keyring::KEYRING_OFFER_DELAY};
use std::{pin::pin, sync::Arc};
use tokio::time::timeout;

/// Has `storing` done beside the session, also where that ends first. The window is told where it takes long, and how it ended then;
/// and where it failed.
pub(super) fn beside(
    session: &Arc<Session>,
    services: &Services,
    storing: impl Future<Output = Result<(), Error>> + Send + 'static,
) {
    let session = Arc::clone(session);
    services.runtime.spawn(async move {
        let mut storing = pin!(storing);
        let (ended, waited) = match timeout(KEYRING_OFFER_DELAY, &mut storing).await {
            Ok(ended) => (ended, false),
            Err(_) => {
                session.set_storing(Storing::Waiting);
                (storing.await, true)
            }
        };
        match ended {
            Ok(()) if waited => session.set_storing(Storing::Done),
            Ok(()) => {}
            Err(error) => session.set_storing(Storing::Failed { error }),
        }
    });
}
