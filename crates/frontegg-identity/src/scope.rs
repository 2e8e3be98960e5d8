//! Kinds of access, and scopes: on behalf of a tenant, a user or a session.

use std::{fmt, marker::PhantomData, sync::Arc};

use frontegg_client::{Client, ClientInfo, Inner};
use http::HeaderValue;

use crate::{
    options::Options,
    token::{self, Tokens},
    transport::{Identity, ScopeValue, Sender},
};

/// Access without a token: signing in, signing up, public settings.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Anonymous;

/// Access with the environment's token, obtained from client id and API key.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Environment;

/// Access with a user's token.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct User;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Anonymous {}
    impl Sealed for super::Environment {}
    impl Sealed for super::User {}
}

/// A kind of access. It decides at compile time which operations can be called.
///
/// The captcha policy takes the environment's token:
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// frontegg.environment().core_settings().get_captcha_policy().await?;
/// # Ok(())
/// # }
/// ```
///
/// so a session does not have it:
///
/// ```compile_fail,E0599
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// frontegg.session("token").core_settings().get_captcha_policy().await?;
/// # Ok(())
/// # }
/// ```
///
/// while a user's own phone numbers take the user's:
///
/// ```compile_fail,E0599
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// frontegg.tenant("acme").user("ada").sms().send_my_phone_number_deletion_code("id").await?;
/// # Ok(())
/// # }
/// ```
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// frontegg.session("token").sms().send_my_phone_number_deletion_code("id").await?;
/// # Ok(())
/// # }
/// ```
pub trait Access: sealed::Sealed + fmt::Debug + Clone + Send + Sync + 'static {}
impl Access for Anonymous {}
impl Access for Environment {}
impl Access for User {}

/// An access kind that sends a token.
///
/// ```
/// use frontegg_identity::{Authorized, Error, Scope};
///
/// /// Counts roles for whoever calls: the environment, or a user.
/// async fn count<A: Authorized>(scope: &Scope<A>) -> Result<usize, Error> {
///     Ok(scope.roles().list_roles_v1().await?.len())
/// }
/// ```
pub trait Authorized: Access {}
impl Authorized for Environment {}
impl Authorized for User {}

/// What views and scopes consist of: the raw client, and the sender with the scope.
pub(crate) struct Core<A> {
    client: Arc<Client>,
    sender: Arc<Sender>,
    access: PhantomData<fn() -> A>,
}

impl<A: Access> Core<A> {
    pub(crate) fn new(base_url: &str, http: &reqwest::Client, sender: Sender) -> Self {
        let sender = Arc::new(sender);
        let client = Client::new_with_client(base_url, http.clone(), Inner(sender.clone()));
        Self { client: Arc::new(client), sender, access: PhantomData }
    }

    /// The same client with another scope.
    fn with<B: Access>(&self, change: impl FnOnce(&mut Sender)) -> Core<B> {
        let mut sender = Sender::clone(&self.sender);
        change(&mut sender);
        let sender = Arc::new(sender);
        let client = self.client.with_transport(Inner(sender.clone()));
        Core { client: Arc::new(client), sender, access: PhantomData }
    }

    pub(crate) fn client(&self) -> Arc<Client> {
        self.client.clone()
    }

    pub(crate) fn raw(&self) -> &Client {
        &self.client
    }

    /// The client id of the environment, if the client has credentials.
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.sender.client_id.as_deref()
    }

    /// The application that calls are about, if one is named.
    pub(crate) fn application_id(&self) -> Option<&str> {
        self.sender.application.as_ref().map(ScopeValue::as_str)
    }

    /// The same access for another application, if one is named.
    pub(crate) fn for_application(self, id: Option<String>) -> Self {
        match id {
            Some(id) => self.with(|sender| sender.application = Some(ScopeValue::new(id))),
            None => self,
        }
    }

    pub(crate) fn options(&self) -> Options {
        self.sender.options
    }

    pub(crate) fn anonymous(&self) -> Core<Anonymous> {
        self.of(Identity::Anonymous)
    }

    pub(crate) fn session(&self, token: &str) -> Core<User> {
        self.of(Identity::User(token::bearer(token)))
    }

    /// The scope of a user whose tokens are renewed.
    pub(crate) fn renewed(&self, tokens: Arc<Tokens>) -> Core<User> {
        self.of(Identity::Renewed(tokens))
    }

    /// Access without a token, with the cookies of a sign-in.
    pub(crate) fn with_cookie(&self, cookie: Option<HeaderValue>) -> Core<Anonymous> {
        let mut core = self.anonymous();
        if cookie.is_some() {
            core = core.with(|sender| sender.cookie = cookie);
        }
        core
    }

    fn of<B: Access>(&self, identity: Identity) -> Core<B> {
        self.with(|sender| *sender = Sender { identity, tenant: None, user: None, ..sender.clone() })
    }
}

impl<A> Clone for Core<A> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), sender: self.sender.clone(), access: PhantomData }
    }
}

impl<A> fmt::Debug for Core<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sender.describe(f, self.client.baseurl())
    }
}

/// Calls on behalf of a tenant, of a user in it, or of a session.
///
/// Cheap to clone, `Send` and `'static`. Every view is reached directly (`scope.users()`), and so is every tag of the
/// reference by its own name, here and in its category (`scope.self_service().user_management()`). The guide
/// [lists all operations](crate::guide::operations).
///
/// ```no_run
/// # fn example(frontegg: frontegg_identity::Frontegg) {
/// let acme = frontegg.tenant("acme");
/// let ada = acme.user("ada");
/// let own = frontegg.session("the access token of a signed-in user");
/// # }
/// ```
#[derive(Clone)]
pub struct Scope<A: Access> {
    pub(crate) core: Core<A>,
}

impl<A: Access> Scope<A> {
    /// The same scope for another application than the client's.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let portal = frontegg.tenant("acme").application("application id");
    /// let users = portal.users().list_users(frontegg_identity::params::ListUsers::new()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn application(&self, id: impl Into<String>) -> Self {
        Self { core: self.core.clone().for_application(Some(id.into())) }
    }

    /// The raw generated client with this scope: the same tokens, headers and retries, but the
    /// generator's interface.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let roles = frontegg.tenant("acme").client().list_roles_v1().await?.into_inner();
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(&self) -> &Client {
        self.core.raw()
    }
}

impl Scope<Environment> {
    /// The scope of a tenant: the environment's token with the tenant's header.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let roles = frontegg.tenant("acme").roles().list_roles_v1().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn tenant(&self, id: impl Into<String>) -> Self {
        let id = ScopeValue::new(id.into());
        Self { core: self.core.with(|sender| sender.tenant = Some(id)) }
    }

    /// The scope of a user; without a tenant, across all of theirs.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let sessions = frontegg.tenant("acme").user("ada").user_sessions().list_my_sessions().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn user(&self, id: impl Into<String>) -> Self {
        let id = ScopeValue::new(id.into());
        Self { core: self.core.with(|sender| sender.user = Some(id)) }
    }
}

impl<A: Access> fmt::Debug for Scope<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use crate::Frontegg;

    #[test]
    fn scopes_show_in_one_line_for_whom_they_call() {
        let frontegg = Frontegg::builder().base_url("http://127.0.0.1:1").credentials("id", "hunter2").build().unwrap();
        let acme = frontegg.tenant("acme");
        assert_eq!(format!("{acme:?}"), r#"Tenant { tenant: "acme", base_url: "http://127.0.0.1:1" }"#);
        let ada = acme.user("ada").application("app");
        let expected = r#"User { tenant: "acme", user: "ada", application: "app", base_url: "http://127.0.0.1:1" }"#;
        assert_eq!(format!("{ada:?}"), expected);
        assert_eq!(format!("{frontegg:?}"), r#"Environment { base_url: "http://127.0.0.1:1" }"#);
        let session = frontegg.session("hunter2");
        assert_eq!(format!("{session:?}"), r#"Session { base_url: "http://127.0.0.1:1" }"#);
        let roles = session.roles();
        assert_eq!(format!("{roles:?}"), r#"Roles { core: Session { base_url: "http://127.0.0.1:1" } }"#);
        assert_eq!(format!("{:?}", frontegg.anonymous()), r#"Anonymous { base_url: "http://127.0.0.1:1" }"#);
    }
}
