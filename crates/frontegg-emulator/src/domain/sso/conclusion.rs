//! How a sign-in by an identity provider ends, whatever was spoken: it is kept in mind, and whoever was let in goes on.

use super::{
    arrival::Arrived,
    attempts::{self, Attempt, Protocol, Refused},
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        login::{self, ClientInfo, FirstFactor, Outcome},
        sessions::SingleSignOn,
    },
    store::{Store, Write, entity::sso_connection},
};

/// Lets somebody go on who came by that connection, or refuses. A session ends at the latest with that of the provider, in
/// microseconds since 1970, where it tells that.
pub(super) async fn conclude(
    tx: &Write,
    attempt: Attempt<'_>,
    connection: &sso_connection::Model,
    arrived: Result<Arrived, Refused>,
    ends_by: Option<i64>,
    client: &ClientInfo,
) -> DomainResult<Tried<Outcome>> {
    match arrived {
        Ok(Arrived { user, destination }) => {
            attempts::note(tx, attempt, Ok(&user.id)).await?;
            let single_sign_on = Some(SingleSignOn { connection_id: connection.id.clone(), destination, ends_by });
            let client = ClientInfo { single_sign_on, ..client.clone() };
            login::first_factor_done(tx, user, FirstFactor::SingleSignOn, &client).await.map(Tried::Done)
        }
        Err(refused) => {
            attempts::note(tx, attempt, Err(&refused)).await?;
            Ok(Tried::Refused(refusal(attempt.protocol)))
        }
    }
}

/// Keeps a refusal in mind; whoever is refused learns that alone.
pub(super) async fn refuse(store: &Store, attempt: Attempt<'_>, refused: &Refused) -> DomainResult<Outcome> {
    store.write(async |tx| attempts::note(tx, attempt, Err(refused)).await).await?;
    Err(refusal(attempt.protocol))
}

/// One text for whatever is wrong, so that nobody probes with it.
fn refusal(protocol: Protocol) -> DomainError {
    DomainError::unauthorized(match protocol {
        Protocol::OpenIdConnect => "OIDC sign-in was refused",
        Protocol::Saml => "SAML sign-in was refused",
    })
}
