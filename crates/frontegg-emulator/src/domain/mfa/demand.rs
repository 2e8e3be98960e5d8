//! What a sign-in needs besides the first factor.

use frontegg_model::enums::MfaStrategy;

use super::{configuration, devices, devices::Devices, policy, policy::Strictest, remembered};
use crate::{
    domain::{
        DomainResult,
        sessions::{ClientInfo, FirstFactor},
    },
    store::{Read, entity::user},
};

/// What a sign-in still needs after the first factor.
#[derive(Clone, Debug)]
pub(crate) enum Demand {
    Nothing,
    /// One of the person's second factors.
    Challenge(Devices),
    /// A second factor to be set up, by one of these methods.
    Enrollment(Vec<MfaStrategy>),
}

/// What a sign-in of that person needs besides the first factor: something where they have a second
/// factor or have to have one; nothing where an administrator spares them, or where the browser is
/// known. A passkey is both factors at once: the device, and what it checks its owner by.
pub(crate) async fn demand(
    tx: &Read,
    user: &user::Model,
    first: FirstFactor,
    client: &ClientInfo,
) -> DomainResult<Demand> {
    if user.mfa_bypass || first == FirstFactor::Passkey {
        return Ok(Demand::Nothing);
    }
    let rule = policy::applying_to(tx, user, client.application_id.as_deref()).await?;
    let devices = devices::offered(tx, user, first).await?;
    if !is_forced_by(&rule, first) && !devices.is_enrolled() {
        return Ok(Demand::Nothing);
    }
    if remembered::is_known(tx, user, &client.devices, &rule).await? {
        return Ok(Demand::Nothing);
    }
    if devices.is_empty() {
        return Ok(Demand::Enrollment(configuration::get(tx).await?.enrollable()));
    }
    Ok(Demand::Challenge(devices))
}

/// Whether the rules force the person to give a second factor.
pub(crate) async fn is_forced(tx: &Read, user: &user::Model, application_id: Option<&str>) -> DomainResult<bool> {
    Ok(!user.mfa_bypass && policy::applying_to(tx, user, application_id).await?.is_forced)
}

/// The same of somebody whose session began with that factor.
pub(crate) async fn is_forced_after(
    tx: &Read,
    user: &user::Model,
    application_id: Option<&str>,
    first: FirstFactor,
) -> DomainResult<bool> {
    Ok(!user.mfa_bypass && is_forced_by(&policy::applying_to(tx, user, application_id).await?, first))
}

fn is_forced_by(rule: &Strictest, first: FirstFactor) -> bool {
    if first == FirstFactor::SingleSignOn { rule.is_forced_after_single_sign_on } else { rule.is_forced }
}

/// What the person can prove again who they are with.
pub(crate) async fn step_up(tx: &Read, user: &user::Model, first: FirstFactor) -> DomainResult<Demand> {
    let devices = devices::offered(tx, user, first).await?;
    Ok(if devices.is_empty() { Demand::Nothing } else { Demand::Challenge(devices) })
}
