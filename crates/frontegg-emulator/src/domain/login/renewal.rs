//! Going on with a session: a new token for its refresh token, and the end of it.

use std::time::Duration;

use super::{ClientInfo, Extras, FirstFactor, Outcome, entry, signed_in};
use crate::{
    domain::{
        DomainResult, Refusal, Tried,
        applications::{self, tenants::Access},
        approvals, memberships,
        mfa::{
            self, Demand,
            pending::{self, Raising},
        },
        sessions::{
            self, Opened,
            refresh_tokens::{self, Live, Presented, Successor},
        },
        settings::configuration,
    },
    store::{
        Read, Write,
        catalog::Application,
        entity::{session, user},
    },
};

/// Renews the session that one of these refresh tokens belongs to: cookies come in several forms.
/// The token is for the tenant that is asked for, or the one that the person works in.
///
/// A refusal may have ended the session.
pub(crate) async fn renew(
    tx: &Write,
    tokens: &[&str],
    tenant_id: Option<&str>,
    client: &ClientInfo,
    grace: Duration,
) -> DomainResult<Tried<Outcome>> {
    // An approval may have raised the session.
    approvals::settle(tx).await?;
    let (live, token) = match best(tx, tokens, grace).await? {
        Presented::Invalid => return Ok(Tried::Refused(sessions::dead())),
        Presented::Reused(session) => {
            tracing::warn!(
                session = session.id,
                user = session.user_id,
                "a spent refresh token was presented again: its session ends"
            );
            sessions::end(tx, &session.id).await?;
            return Ok(Tried::Refused(sessions::dead()));
        }
        Presented::Repeated(live, successor) => (live, Err(successor)),
        Presented::Valid(live, token) => (live, Ok(token)),
    };
    let Some(place) = place(tx, &live).await? else {
        sessions::end(tx, &live.session.id).await?;
        return Ok(Tried::Refused(sessions::dead()));
    };
    let configuration = configuration::get(tx).await?;
    let tenant_id = tenant_of(tx, &live, place, tenant_id, client).await?;
    let Live { session, user } = live;
    if let Some(outcome) = raise(tx, &user, &session, &tenant_id, client).await? {
        return Ok(Tried::Done(outcome));
    }
    let (session, refresh_token) = match token {
        Ok(token) => refresh_tokens::renew(tx, &configuration, session, token, &tenant_id).await?,
        Err(Successor(text)) => (refresh_tokens::repeat(tx, session, &tenant_id).await?, text),
    };
    let opened = Opened { session, refresh_token };
    signed_in(tx, &configuration, &user, &tenant_id, opened, Extras::default()).await.map(Tried::Done)
}

/// The first of the tokens that is valid. A browser may hold others beside it, for another path or from
/// before: they count only where none is valid.
async fn best(tx: &Read, tokens: &[&str], grace: Duration) -> DomainResult<Presented> {
    let mut best = Presented::Invalid;
    for token in tokens {
        match refresh_tokens::present(tx, token, grace).await? {
            Presented::Invalid => {}
            Presented::Reused(session) => {
                if matches!(best, Presented::Invalid) {
                    best = Presented::Reused(session);
                }
            }
            valid => return Ok(valid),
        }
    }
    Ok(best)
}

/// What a session goes on in.
struct Place {
    application: Application,
    /// What the session's tenant lets its holder do with the application.
    access: Access,
    /// The tenant that the person chose to work in with the application.
    chosen: Option<String>,
}

/// What a session goes on in; none where its holder may not work in its tenant any more.
async fn place(tx: &Read, Live { session, user }: &Live) -> DomainResult<Option<Place>> {
    let application = applications::known_or_default(tx, session.application_id.as_deref()).await?;
    let entrances = memberships::entrances(tx, &user.id, &application.id).await?;
    let present = entrances.iter().find(|entrance| entrance.membership.tenant_id == session.tenant_id);
    match memberships::require_entry_by(tx, user, &session.tenant_id, &application.id, present).await {
        Ok(access) => Ok(Some(Place { access, chosen: entry::chosen(&entrances), application })),
        Err(error) if error.refusal() == Refusal::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// The tenant that is asked for, refused with 403 if the person cannot enter it; else the one that
/// they work in, else the one that the session is in, unless nobody may enter that from where they are, or with the
/// application.
async fn tenant_of(
    tx: &Read,
    Live { session, user }: &Live,
    Place { application, access, chosen }: Place,
    asked: Option<&str>,
    client: &ClientInfo,
) -> DomainResult<String> {
    if let Some(confined_to) = &session.confined_to {
        if asked.is_some_and(|tenant_id| tenant_id != confined_to) {
            return Err(memberships::no_entry());
        }
        entry::admit(tx, &session.tenant_id, access, &application, client).await?;
        return Ok(session.tenant_id.clone());
    }
    if let Some(tenant_id) = asked {
        entry::require(tx, user, tenant_id, &application, client).await?;
        return Ok(tenant_id.to_owned());
    }
    // Their documents are known from then on.
    tx.tenants_of(&user.id).await?;
    for tenant_id in [chosen, user.active_tenant_id.clone()].into_iter().flatten() {
        if tenant_id == session.tenant_id {
            break;
        }
        if entry::is_open(entry::require(tx, user, &tenant_id, &application, client).await)? {
            return Ok(tenant_id);
        }
    }
    entry::admit(tx, &session.tenant_id, access, &application, client).await?;
    Ok(session.tenant_id.clone())
}

/// Asks for a second factor where the rules have come to force one since the session began without.
async fn raise(
    tx: &Write,
    user: &user::Model,
    session: &session::Model,
    tenant_id: &str,
    client: &ClientInfo,
) -> DomainResult<Option<Outcome>> {
    // What a session is for is no matter of what a request says.
    let application_id = session.application_id.clone().or_else(|| client.application_id.clone());
    let first = match session.sso_connection_id {
        Some(_) => FirstFactor::SingleSignOn,
        None => FirstFactor::from_amr(&session.amr),
    };
    if sessions::is_multi_factor(session) || !mfa::is_forced_after(tx, user, application_id.as_deref(), first).await? {
        return Ok(None);
    }
    let client = &ClientInfo { application_id, ..client.clone() };
    match mfa::demand(tx, user, first, client).await? {
        Demand::Nothing => Ok(None),
        demand => {
            let raising = Raising { session_id: session.id.clone(), tenant_id: tenant_id.to_owned() };
            Ok(Some(pending::open(tx, user, first, client, Some(raising), demand).await?.into()))
        }
    }
}

/// Ends the session that one of these refresh tokens belongs to, spent or not.
pub(crate) async fn log_out(tx: &Write, tokens: &[&str]) -> DomainResult<()> {
    for token in tokens {
        if let Some(session) = refresh_tokens::session_of(tx, token).await? {
            sessions::end(tx, &session.id).await?;
        }
    }
    Ok(())
}
