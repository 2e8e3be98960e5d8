//! To a provider of social sign-in, or of a federation pool, and back. Between the two the browser is known by a cookie.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    unpublished_sign_in::{BeginSocialSignInParams, CompleteSocialSignInParams},
};
use frontegg_model::{Secret, types};
use http::{HeaderValue, header};

use super::sign_in::{self, NewCookie};
use crate::{
    domain::{
        federation,
        provider_sign_ins::{Departure, LIFETIME, Return},
        settings::configuration::CookieSameSite,
        social::sign_in as social,
    },
    ids,
    service::Service,
};

/// What the name of the cookie begins with; the environment's id follows.
const BROWSER: &str = "fe_social_";

pub(super) async fn begin(service: &Service, cx: &RequestContext, params: BeginSocialSignInParams) -> ApiResult<()> {
    let name = cookie_name(service);
    // One that the browser has is kept, so that two tabs can sign in at once.
    let browser = cx.cookies(&name).find(|value| !value.is_empty()).map_or_else(ids::new_secret, str::to_owned);
    let departure = Departure {
        provider_id: &params.provider,
        redirect_uri: params.redirect_uri.as_deref(),
        login_hint: params.login_hint.as_deref(),
        browser: &browser,
    };
    let (store, outgoing) = (service.store(), service.outgoing());
    let client = sign_in::client_info(service, cx);
    let url = if federation::is_pool(store, &params.provider, &client).await? {
        federation::begin(store, outgoing, departure, &client).await?
    } else {
        service.write(async |tx| Ok(social::begin(tx, outgoing, departure).await?)).await?
    };
    let mut location = HeaderValue::from_str(&url).map_err(ApiFailure::internal)?;
    // The state is in it.
    location.set_sensitive(true);
    cx.add_header(header::LOCATION, location);
    cx.add_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let cookie = NewCookie { name: &name, value: &browser, lifetime: LIFETIME };
    // The page that comes back may be of another site.
    sign_in::set_cookie(service, cx, CookieSameSite::None, &cookie);
    Ok(())
}

pub(super) async fn complete(
    service: &Service,
    cx: &RequestContext,
    params: CompleteSocialSignInParams,
    body: types::CompleteSocialSignInRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    let invitation = body.invitation_token.into_option().flatten().as_ref().map(Secret::expose).map(str::to_owned);
    let client = sign_in::client_info(service, cx).invited(invitation);
    let metadata = body.metadata.into_option().flatten();
    let name = cookie_name(service);
    let browsers: Vec<_> = cx.cookies(&name).filter(|value| !value.is_empty()).collect();
    let returned = Return {
        provider_id: &params.provider,
        state: params.state.expose(),
        code: params.code.expose(),
        redirect_uri: params.redirect_uri.as_deref(),
        browsers: &browsers,
        metadata: metadata.as_deref(),
    };
    let (store, outgoing) = (service.store(), service.outgoing());
    // Boxed, as both are a long way.
    let outcome = if federation::is_pool(store, &params.provider, &client).await? {
        Box::pin(federation::finish(store, outgoing, returned, &client)).await?
    } else {
        Box::pin(social::finish(store, outgoing, returned, &client)).await?
    };
    sign_in::answer(service, cx, outcome).await
}

fn cookie_name(service: &Service) -> String {
    format!("{BROWSER}{}", service.client_id())
}
