//! A list of machines that a command prints.

use super::run::{Limits, run};
use crate::{
    error::CommandError,
    model::{CommandLine, Placeholders},
};
use std::time::Duration;
use zeroize::Zeroizing;

/// It may ask a server for each machine; 8 MiB are some 40,000 of them.
const LIMITS: Limits = Limits { time: Duration::from_secs(60), output: 8 * 1024 * 1024 };

/// What `command` prints: the list of a source. It is about no machine, so its placeholders stand for nothing.
///
/// # Errors
/// [`CommandError`].
pub(crate) async fn printed_list(command: &CommandLine) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    run(command, &Placeholders::default(), LIMITS).await
}
