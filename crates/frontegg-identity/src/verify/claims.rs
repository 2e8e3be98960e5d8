//! The claims of a verified token.

use std::time::Duration;

use chrono::{DateTime, Utc};
use frontegg_model::{covers, read};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Grants, numeric_date::NumericDate};

/// `acr` of a session that was stepped up by a second factor.
pub(super) const STEPPED_UP: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
/// The methods (RFC 8176) of which `amr` must have one beside `mfa`.
const FACTORS: [&str; 4] = ["otp", "sms", "hwk", "sso"];

/// Which kind of token it is: its `type` claim.
///
/// ```
/// # use frontegg_identity::verify::Claims;
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// // As a verifier has read them.
/// let claims: Claims = serde_json::from_value(serde_json::json!({
///     "type": "userToken", "sub": "ada", "tenantId": "acme",
/// }))?;
/// use frontegg_identity::verify::TokenKind;
///
/// assert_eq!(claims.kind(), TokenKind::UserToken);
/// assert!(!claims.kind().is_access_token());
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TokenKind {
    /// The access token of a signed-in user.
    UserToken,
    /// Of a machine that acts for a user, by client credentials.
    UserApiToken,
    /// Of a machine that acts for a tenant, by client credentials.
    TenantApiToken,
    /// The machine access token of a user, which needs no exchange.
    UserAccessToken,
    /// The machine access token of a tenant, which needs no exchange.
    TenantAccessToken,
}

impl TokenKind {
    /// Whether it is a machine access token, which is sent in `x-api-key` and has its roles looked up.
    pub fn is_access_token(self) -> bool {
        matches!(self, Self::UserAccessToken | Self::TenantAccessToken)
    }
}

/// Claims of a verified token.
///
/// ```
/// # use frontegg_identity::verify::Claims;
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// // As a verifier has read them.
/// let claims: Claims = serde_json::from_value(serde_json::json!({
///     "type": "userToken", "sub": "ada", "tenantId": "acme",
///     "roles": ["admin"], "permissions": ["invoices.*"],
/// }))?;
/// assert_eq!((claims.subject(), claims.tenant_id()), ("ada", "acme"));
/// assert!(claims.has_role("admin") && claims.has_permission("invoices.read"));
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "the claim is called customClaims")]
pub struct Claims {
    #[serde(rename = "type")]
    kind: TokenKind,
    sub: String,
    tenant_id: String,
    #[serde(default, deserialize_with = "read::null_as_default")]
    tenant_ids: Vec<String>,
    user_id: Option<String>,
    created_by_user_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    #[serde(rename = "email_verified")]
    email_verified: Option<bool>,
    profile_picture_url: Option<String>,
    application_id: Option<String>,
    sid: Option<String>,
    #[serde(default, deserialize_with = "read::null_as_default")]
    roles: Vec<String>,
    #[serde(default, deserialize_with = "read::null_as_default")]
    permissions: Vec<String>,
    #[serde(default, deserialize_with = "read::optional_object")]
    metadata: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "read::optional_object")]
    user_metadata: Option<Map<String, Value>>,
    custom_claims: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "read::null_as_default")]
    amr: Vec<String>,
    acr: Option<String>,
    #[serde(rename = "auth_time")]
    auth_time: Option<NumericDate>,
    act: Option<Actor>,
    iss: Option<String>,
    aud: Option<Audience>,
    iat: Option<NumericDate>,
    nbf: Option<NumericDate>,
    exp: Option<NumericDate>,
}

/// The actor who impersonates the subject (RFC 8693 §4.1).
#[derive(Debug, Clone, Deserialize)]
struct Actor {
    sub: String,
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Which kind of token it is.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// `sub`: the user of a user token, the client id of an API token, the id of an access token.
    pub fn subject(&self) -> &str {
        &self.sub
    }

    /// The tenant in which the caller acts.
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// All tenants of the user.
    pub fn tenant_ids(&self) -> &[String] {
        &self.tenant_ids
    }

    /// The user who calls or for whom a machine calls. A tenant's machine has none.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    /// }))?;
    /// assert_eq!(claims.user_id(), Some("ada"));
    /// let machine: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "tenantApiToken", "sub": "client id", "tenantId": "acme",
    /// }))?;
    /// assert_eq!(machine.user_id(), None);
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn user_id(&self) -> Option<&str> {
        match self.kind {
            TokenKind::UserToken => Some(&self.sub),
            _ => self.user_id.as_deref(),
        }
    }

    /// The user who made the machine's credentials.
    pub fn created_by_user_id(&self) -> Option<&str> {
        self.created_by_user_id.as_deref()
    }

    /// The user's name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The user's e-mail address.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Whether the user's e-mail address is verified.
    pub fn email_verified(&self) -> bool {
        self.email_verified.unwrap_or_default()
    }

    /// Where the user's picture is.
    pub fn profile_picture_url(&self) -> Option<&str> {
        self.profile_picture_url.as_deref()
    }

    /// The application that was signed in to.
    pub fn application_id(&self) -> Option<&str> {
        self.application_id.as_deref()
    }

    /// The session.
    pub fn session_id(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Metadata of the user, or of the machine's credentials.
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        self.metadata.as_ref()
    }

    /// Metadata of the user for whom a machine calls.
    pub fn user_metadata(&self) -> Option<&Map<String, Value>> {
        self.user_metadata.as_ref()
    }

    /// The claims that a prehook of the environment has added.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    ///     "customClaims": { "plan": "gold" },
    /// }))?;
    /// let plan = claims.custom_claims().and_then(|claims| claims.get("plan"));
    /// assert_eq!(plan.and_then(|plan| plan.as_str()), Some("gold"));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn custom_claims(&self) -> Option<&Map<String, Value>> {
        self.custom_claims.as_ref()
    }

    /// The actor who impersonates the user.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    ///     "act": { "sub": "support" },
    /// }))?;
    /// assert_eq!(claims.impersonator(), Some("support"));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn impersonator(&self) -> Option<&str> {
        self.act.as_ref().map(|actor| actor.sub.as_str())
    }

    /// The token's audiences.
    pub(super) fn audiences(&self) -> &[String] {
        match &self.aud {
            None => &[],
            Some(Audience::One(one)) => std::slice::from_ref(one),
            Some(Audience::Several(several)) => several,
        }
    }

    /// Who issued the token.
    pub fn issuer(&self) -> Option<&str> {
        self.iss.as_deref()
    }

    /// Whether `audience` is among the token's audiences.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    ///     "aud": ["client id"],
    /// }))?;
    /// assert!(claims.is_for("client id") && !claims.is_for("another application"));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn is_for(&self, audience: &str) -> bool {
        self.audiences().iter().any(|one| one == audience)
    }

    /// When the token was issued.
    pub fn issued_at(&self) -> Option<DateTime<Utc>> {
        self.iat.and_then(NumericDate::date)
    }

    /// When the token expires; only an access token may have no expiry.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.exp.and_then(NumericDate::date)
    }

    /// The first moment at which the token is valid, the later of `nbf` and `iat`, and which of them says so.
    pub(super) fn not_before(&self) -> Option<(&'static str, NumericDate)> {
        let claims = [("nbf", self.nbf), ("iat", self.iat)];
        claims.into_iter().filter_map(|(name, at)| Some((name, at?))).max_by_key(|(_, at)| *at)
    }

    /// The first moment at which the token has expired.
    pub(super) fn expiry(&self) -> Option<NumericDate> {
        self.exp
    }

    /// Keys of the roles in the tenant.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Keys of the permissions in the tenant. One that ends in `*` covers all keys with that prefix.
    pub fn permissions(&self) -> &[String] {
        &self.permissions
    }

    /// Whether the caller has the role.
    pub fn has_role(&self, key: &str) -> bool {
        self.roles.iter().any(|role| role == key)
    }

    /// Whether the caller has at least one of the roles.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    ///     "roles": ["admin"],
    /// }))?;
    /// assert!(claims.has_any_role(["admin", "accountant"]) && !claims.has_all_roles(["admin", "accountant"]));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn has_any_role<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> bool {
        keys.into_iter().any(|key| self.has_role(key))
    }

    /// Whether the caller has all of the roles.
    pub fn has_all_roles<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> bool {
        keys.into_iter().all(|key| self.has_role(key))
    }

    /// Whether the caller has the permission, by its key or by one that covers it: `invoices.*`
    /// covers `invoices.read`, `*` covers everything.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    ///     "permissions": ["invoices.*"],
    /// }))?;
    /// assert!(claims.has_permission("invoices.read") && !claims.has_permission("people.read"));
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn has_permission(&self, key: &str) -> bool {
        self.permissions.iter().any(|held| covers(held, key))
    }

    /// Whether the caller has at least one of the permissions.
    pub fn has_any_permission<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> bool {
        keys.into_iter().any(|key| self.has_permission(key))
    }

    /// Whether the caller has all of the permissions.
    pub fn has_all_permissions<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> bool {
        keys.into_iter().all(|key| self.has_permission(key))
    }

    /// Whether the session was stepped up by a second factor, at most `max_age` ago by the system's clock.
    ///
    /// ```
    /// # use frontegg_identity::verify::Claims;
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// // As a verifier has read them.
    /// let claims: Claims = serde_json::from_value(serde_json::json!({
    ///     "type": "userToken", "sub": "ada", "tenantId": "acme",
    /// }))?;
    /// use std::time::Duration;
    ///
    /// assert!(!claims.stepped_up(Some(Duration::from_secs(300))), "there was no second factor");
    /// # Ok(())
    /// # }
    /// # example().unwrap();
    /// ```
    pub fn stepped_up(&self, max_age: Option<Duration>) -> bool {
        self.stepped_up_at(max_age, Utc::now())
    }

    /// Like [`stepped_up`](Self::stepped_up), by another clock.
    pub fn stepped_up_at(&self, max_age: Option<Duration>, now: DateTime<Utc>) -> bool {
        let stepped_up = self.acr.as_deref() == Some(STEPPED_UP)
            && self.amr.iter().any(|method| method == "mfa")
            && self.amr.iter().any(|method| FACTORS.contains(&method.as_str()));
        let Some(max_age) = max_age else { return stepped_up };
        // Most services give whole seconds: a fraction of now must not make theirs too old.
        stepped_up && self.auth_time.is_some_and(|time| time.plus(max_age) >= NumericDate::from(now).second())
    }

    pub(super) fn with_grants(mut self, grants: Grants) -> Self {
        self.roles = grants.roles;
        self.permissions = grants.permissions;
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "shorter to call")]
    fn claims(more: Value) -> Claims {
        let mut all = json!({ "type": "userToken", "sub": "ada", "tenantId": "acme" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn wildcards_cover_their_prefix() {
        let claims = claims(json!({ "permissions": ["invoices.*", "users.read"] }));
        assert!(claims.has_permission("invoices.read") && claims.has_permission("users.read"));
        assert!(!claims.has_permission("invoices") && !claims.has_permission("users.readall"));
        assert!(claims.has_any_permission(["users.write", "users.read"]));
        assert!(!claims.has_all_permissions(["users.write", "users.read"]));
        assert!(claims.has_all_permissions([]), "nothing is asked for");
    }

    #[test]
    fn step_up_wants_class_method_and_age() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let stepped_up = |amr: &[&str], at: i64| claims(json!({ "acr": STEPPED_UP, "amr": amr, "auth_time": at }));
        let age = Some(Duration::from_secs(60));
        assert!(stepped_up(&["mfa", "otp"], 950).stepped_up_at(age, now));
        assert!(!stepped_up(&["mfa", "otp"], 900).stepped_up_at(age, now), "too long ago");
        assert!(stepped_up(&["mfa", "otp"], 900).stepped_up_at(None, now));
        assert!(stepped_up(&["mfa", "otp"], 0).stepped_up_at(Some(Duration::MAX), now));
        assert!(!stepped_up(&["mfa", "otp"], i64::MIN).stepped_up_at(age, now));
        let fraction = |at: f64| claims(json!({ "acr": STEPPED_UP, "amr": ["mfa", "otp"], "auth_time": at }));
        assert!(fraction(940.25).stepped_up_at(age, now) && !fraction(939.75).stepped_up_at(age, now));
        assert!(!stepped_up(&["mfa"], 950).stepped_up_at(None, now), "no factor");
        assert!(!stepped_up(&["otp"], 950).stepped_up_at(None, now), "no second one");
        assert!(!claims(json!({ "amr": ["mfa", "otp"] })).stepped_up_at(None, now), "no class");
    }

    #[test]
    fn null_and_text_are_read_where_services_send_them() {
        let none = json!({ "roles": null, "permissions": null, "tenantIds": null, "amr": null, "metadata": null });
        let none = claims(none);
        assert!(none.roles().is_empty() && none.permissions().is_empty() && none.tenant_ids().is_empty());
        assert_eq!(none.metadata(), None);
        let text = claims(json!({ "metadata": r#"{"plan":"gold"}"#, "userMetadata": {"plan": "tin"} }));
        assert_eq!(
            (&text.metadata().unwrap()["plan"], &text.user_metadata().unwrap()["plan"]),
            (&json!("gold"), &json!("tin"))
        );
    }

    #[test]
    fn a_repeated_claim_is_refused() {
        let once = r#"{"type":"userToken","sub":"ada","tenantId":"acme","iss":"i","aud":"a","exp":9}"#;
        assert!(serde_json::from_str::<Claims>(once).is_ok());
        for twice in [r#""sub":"eve""#, r#""iss":"j""#, r#""aud":["b"]"#, r#""exp":10"#, r#""type":"userApiToken""#] {
            let twice = once.replacen('{', &format!("{{{twice},"), 1);
            assert!(serde_json::from_str::<Claims>(&twice).is_err(), "{twice}");
        }
    }

    #[test]
    fn who_calls_depends_on_the_kind() {
        assert_eq!(claims(json!({})).user_id(), Some("ada"));
        assert_eq!(claims(json!({ "type": "userApiToken", "userId": "bob" })).user_id(), Some("bob"));
        assert_eq!(claims(json!({ "type": "tenantApiToken" })).user_id(), None);
    }
}
