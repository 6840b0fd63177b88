//! Systems on which Kerberos was never tried.

use rfb::{KerberosContext, KerberosError, KerberosProblem};

/// That there is no library for it.
pub(crate) fn kerberos(_: &str) -> Result<KerberosContext, KerberosError> {
    Err(KerberosError { problem: KerberosProblem::NoLibrary, detail: String::new() })
}
