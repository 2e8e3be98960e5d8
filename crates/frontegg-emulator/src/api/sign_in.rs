//! What all ways of signing in have in common: what a request tells of its sender, the one answer,
//! the cookies.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use frontegg_contract::{ApiResult, Cookie, RequestContext, SameSite};
use frontegg_model::{Secret, types};
use http::header;

use super::webauthn;
use crate::{
    clock::{http_date, whole_seconds},
    domain::{
        identifiers::phones,
        login::{self, ClientInfo, Outcome, SignedIn},
        mfa::Devices,
        settings::configuration::CookieSameSite,
    },
    peer,
    service::Service,
    store::Write,
};

/// What the cookies' names begin with; the environment's or an application's id follows.
const REFRESH: &str = "fe_refresh_";
const DEVICE: &str = "fe_device_";
/// Most values of cookies that are tried. Browsers send a few, each of which costs a look.
const MOST_VALUES: usize = 16;
/// Most characters of a browser's description that are kept.
const USER_AGENT_LIMIT: usize = 512;

/// What a request tells about who sent it and from where.
pub(super) fn client_info(service: &Service, cx: &RequestContext) -> ClientInfo {
    // Nothing depends on how a browser describes itself, so whatever it says is taken.
    let user_agent = cx.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let devices = cookies(service, cx, DEVICE).into_iter().map(str::to_owned).collect();
    ClientInfo {
        application_id: cx.application_id.clone(),
        alias: cx.login_alias.clone(),
        user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_LIMIT).collect()),
        ip_address: address(cx),
        devices,
        invitation: None,
        single_sign_on: None,
    }
}

/// The address that a request comes from.
pub(super) fn address(cx: &RequestContext) -> Option<IpAddr> {
    peer::client_address(&cx.extensions)
}

/// The refresh tokens that a request brings, by the forms of the cookie's name.
pub(super) fn refresh_tokens<'a>(service: &Service, cx: &'a RequestContext) -> Vec<&'a str> {
    cookies(service, cx, REFRESH)
}

fn cookies<'a>(service: &Service, cx: &'a RequestContext, prefix: &str) -> Vec<&'a str> {
    let names = [Some(service.client_id()), cx.application_id.as_deref()].into_iter().flatten().flat_map(forms);
    let mut seen = BTreeSet::new();
    let values = names.flat_map(|id| cx.cookies(&format!("{prefix}{id}")).collect::<Vec<_>>());
    values.filter(|value| !value.is_empty() && seen.insert(*value)).take(MOST_VALUES).collect()
}

/// How an id may stand in the name of a cookie; the first is ours.
fn forms(id: &str) -> [String; 3] {
    [id.replacen('-', "", 1), id.to_owned(), id.replace('-', "")]
}

fn own_name(service: &Service, prefix: &str) -> String {
    let [own, ..] = forms(service.client_id());
    format!("{prefix}{own}")
}

/// Goes on with the session of a browser.
pub(super) async fn renew(service: &Service, cx: &RequestContext, body: types::RefreshTokenDto) -> ApiResult<Outcome> {
    let tenant_id = body.tenant_id.into_option().flatten().filter(|id| !id.is_empty());
    let client = client_info(service, cx);
    let tokens = refresh_tokens(service, cx);
    let grace = service.config().refresh_grace;
    let renew = async |tx: &Write| Ok(login::renew(tx, &tokens, tenant_id.as_deref(), &client, grace).await?);
    service.attempt(renew).await
}

/// The one answer of all ways of signing in, with its cookies. The transaction has to be over:
/// signing takes its time.
pub(super) async fn answer(
    service: &Service,
    cx: &RequestContext,
    outcome: Outcome,
) -> ApiResult<types::AuthenticationResponseDto> {
    Ok(match outcome {
        Outcome::SignedIn(signed_in) => self::signed_in(service, cx, *signed_in).await?,
        Outcome::MfaChallenge { mfa_token, devices } => types::AuthenticationResponseDto {
            mfa_required: true,
            mfa_enrolled: Some(devices.is_enrolled()),
            mfa_token: Some(Secret::from(mfa_token)),
            mfa_devices: Some(devices_response(&devices)),
            ..unfinished()
        },
        Outcome::MfaEnrollment { mfa_token, strategies, qr_code } => types::AuthenticationResponseDto {
            mfa_required: true,
            mfa_enrolled: Some(false),
            mfa_token: Some(Secret::from(mfa_token)),
            mfa_strategies: Some(strategies),
            qr_code: qr_code.map(Secret::from),
            ..unfinished()
        },
        Outcome::PasswordLeaked => {
            types::AuthenticationResponseDto { is_breached_password: Some(true), ..unfinished() }
        }
        Outcome::PasswordExpired { user_id, reset_token, recovery_code } => types::AuthenticationResponseDto {
            user_id: Some(user_id),
            reset_password_token: Some(Secret::from(reset_token)),
            recovery_code: recovery_code.map(Secret::from),
            ..unfinished()
        },
    })
}

/// What an answer without tokens says in their place: clients look whether they are empty.
fn unfinished() -> types::AuthenticationResponseDto {
    let none = || Some(Secret::from(String::new()));
    types::AuthenticationResponseDto {
        access_token: none(),
        refresh_token: none(),
        expires: Some(String::new()),
        expires_in: Some(0),
        ..types::AuthenticationResponseDto::new(false)
    }
}

async fn signed_in(
    service: &Service,
    cx: &RequestContext,
    signed_in: SignedIn,
) -> ApiResult<types::AuthenticationResponseDto> {
    let SignedIn { user_id, email, email_verified, payload, opened, same_site, extras } = signed_in;
    let lifetime = payload.registered().lifetime();
    let token = service.sign(&payload).await?;
    let set = |prefix: &str, value: &str, lifetime: Duration| {
        set_cookie(service, cx, same_site, &NewCookie { name: &own_name(service, prefix), value, lifetime });
    };
    let (session, refresh_token) = (&opened.session, &opened.refresh_token);
    set(REFRESH, refresh_token, session.expires_at.since(session.last_used_at));
    if let Some(remembered) = &extras.remembered {
        set(DEVICE, &remembered.token, remembered.lifetime);
    }
    let (password_expires_in, notification_period) = extras.password_due.unzip();
    Ok(types::AuthenticationResponseDto {
        access_token: Some(Secret::from(token)),
        refresh_token: Some(Secret::from(opened.refresh_token)),
        expires: Some(http_date(service.clock().timestamp().after(lifetime).utc())),
        expires_in: Some(whole_seconds(lifetime)),
        token_type: Some("bearer".to_owned()),
        email_verified: email.is_some().then_some(email_verified),
        user_email: email,
        user_id: Some(user_id),
        recovery_code: extras.recovery_code.map(Secret::from),
        password_expires_in,
        notification_period,
        ..types::AuthenticationResponseDto::new(false)
    })
}

/// Tells a browser to drop its refresh cookie, under every name that it came by.
pub(super) fn drop_refresh_cookies(service: &Service, cx: &RequestContext, same_site: CookieSameSite) {
    let ids = [Some(service.client_id()), cx.application_id.as_deref()].into_iter().flatten().flat_map(forms);
    let names: BTreeSet<String> = ids.map(|id| format!("{REFRESH}{id}")).collect();
    let own = own_name(service, REFRESH);
    for name in names.iter().filter(|name| **name == own || cx.cookies(name).next().is_some()) {
        set_cookie(service, cx, same_site, &NewCookie { name, value: "", lifetime: Duration::ZERO });
    }
}

/// A cookie to set for some time, or to remove where that is none.
pub(super) struct NewCookie<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) lifetime: Duration,
}

/// Sets a cookie. It is for TLS only where clients reach the emulator by TLS: elsewhere they would never
/// send it back.
pub(super) fn set_cookie(service: &Service, cx: &RequestContext, same_site: CookieSameSite, new: &NewCookie<'_>) {
    let same_site = match same_site {
        CookieSameSite::Strict => SameSite::Strict,
        CookieSameSite::Lax => SameSite::Lax,
        CookieSameSite::None => SameSite::None,
    };
    let (max_age, secure) = (Some(whole_seconds(new.lifetime)), service.is_reached_by_tls());
    cx.set_cookie(&Cookie { name: new.name, value: new.value, max_age, same_site, secure });
}

/// Second factors by kind.
pub(super) fn devices_response(devices: &Devices) -> types::UserMfaDevicesResponse {
    let authenticators = devices.authenticators.iter();
    let phones = devices.phones.iter();
    let credentials = devices.webauthn.iter();
    let emails = devices.emails.iter();
    types::UserMfaDevicesResponse {
        authenticators: authenticators
            .map(|app| types::UserMfaAuthenticatorAppResponse { id: app.id.clone() })
            .collect(),
        emails: emails.map(|email| types::UserMfaEmailCodeResponse { email: email.clone() }).collect(),
        phones: phones
            .map(|phone| types::UserMfaPhoneDeviceResponse {
                id: phone.id.clone(),
                phone_number: phones::masked(&phone.phone_number),
            })
            .collect(),
        webauthn: credentials
            .map(|device| types::UserMfaWebAuthnDeviceResponse {
                id: device.id.clone(),
                name: device.name.clone(),
                device_type: webauthn::device_type(device.device_type),
            })
            .collect(),
    }
}
