//! Who the environment is, and its own credentials.

use aws_lc_rs::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use super::{DomainError, DomainResult};
use crate::store::{Identity, Read};

/// The ids of the environment.
pub(crate) async fn identity(tx: &Read) -> DomainResult<Identity> {
    let unsettled = || DomainError::internal(anyhow::anyhow!("the store does not say who the environment is"));
    tx.catalog().await?.identity.clone().ok_or_else(unsettled)
}

/// Whether two secrets are equal, in a time that tells nothing about them, not even their length.
pub(crate) fn same_secret(given: &str, expected: &str) -> bool {
    let given = digest(&SHA256, given.as_bytes());
    let expected = digest(&SHA256, expected.as_bytes());
    given.as_ref().ct_eq(expected.as_ref()).into()
}

/// What a back end authenticates with.
#[derive(Clone, Copy)]
pub(crate) struct EnvironmentCredentials<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) api_key: &'a str,
}

/// Refuses credentials that are not the environment's; which of the two is wrong is not told.
pub(crate) fn check_credentials(
    given: EnvironmentCredentials<'_>,
    own: EnvironmentCredentials<'_>,
) -> DomainResult<()> {
    // Both are always compared.
    let known = same_secret(given.client_id, own.client_id) & same_secret(given.api_key, own.api_key);
    if known { Ok(()) } else { Err(DomainError::unauthorized("Invalid authentication")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_credentials_count() {
        let own = EnvironmentCredentials { client_id: "client", api_key: "key" };
        assert!(check_credentials(own, own).is_ok());
        for (client_id, api_key) in [("client", "other"), ("other", "key"), ("", ""), ("client", "")] {
            assert!(
                check_credentials(EnvironmentCredentials { client_id, api_key }, own).is_err(),
                "{client_id} {api_key}"
            );
        }
    }
}
