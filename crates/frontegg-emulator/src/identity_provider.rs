//! An identity provider for tests of single sign-on, by SAML 2.0 and by OpenID Connect, so that they need no second
//! program: with a key of its own, people as they are told, and, if wanted, one defect.
//!
//! It is reached below `/_emulator/idp` at the emulator's own address, and stands outside of what the emulator keeps:
//! what it is told belongs to the process and survives a reset, like faults.

mod openid;
mod saml;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::{sync::OnceCell, task::spawn_blocking};

pub(crate) use self::{
    openid::{AuthorizationRequest, TokenError, TokenRequest},
    saml::{SamlAnswer, SamlRequest},
};
use crate::{
    clock::Clock,
    error::Error,
    refusal::DomainError,
    saml::{key::SigningKey, metadata, response::Ids},
};

/// Where it is, below the emulator's address.
const PATH: &str = "/_emulator/idp";

/// Somebody whom the provider knows, and what it says of them.
///
/// ```
/// use frontegg_emulator::identity_provider::Person;
///
/// let ada = Person::new("ada@acme.test").name("Ada", "Lovelace").groups(["engineering"]);
/// assert_eq!(ada.groups, ["engineering"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Person {
    /// Their mail address, which is also the NameID of SAML.
    pub email: String,
    /// Their given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Their surname.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surname: Option<String>,
    /// The groups that they are in: the attribute or claim `groups`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Further attributes of SAML, or claims of OpenID Connect.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Vec<String>>,
}

impl Person {
    /// Somebody with an address and nothing else.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), given_name: None, surname: None, groups: Vec::new(), attributes: BTreeMap::new() }
    }

    /// The same with a given name and a surname.
    #[must_use]
    pub fn name(mut self, given_name: impl Into<String>, surname: impl Into<String>) -> Self {
        self.given_name = Some(given_name.into());
        self.surname = Some(surname.into());
        self
    }

    /// The same in these groups, and no others.
    #[must_use]
    pub fn groups(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.groups = groups.into_iter().map(Into::into).collect();
        self
    }

    /// The same with one more attribute or claim.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.attributes.insert(name.into(), values.into_iter().map(Into::into).collect());
        self
    }
}

/// What the provider does wrong. Each makes answers that have to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Defect {
    /// Answers are not signed; ID tokens have the algorithm `none`.
    Unsigned,
    /// They are signed with a key that is not told of.
    ForeignKey,
    /// They are for another service.
    WrongAudience,
    /// They are of another provider.
    WrongIssuer,
    /// They were over an hour ago.
    Expired,
    /// SAML: they are confirmed to another recipient.
    WrongRecipient,
    /// SAML: they say that they were sent to another address.
    WrongDestination,
    /// SAML: they are to another request.
    WrongRequest,
    /// SAML: they have the IDs of the answer before, if there was one.
    Replayed,
    /// SAML: what is signed is about somebody else, and stands where it is not looked for; what stands in its place is not
    /// signed.
    Wrapped,
    /// SAML: what is signed is digested by SHA-1.
    Sha1,
    /// OpenID Connect: ID tokens have another nonce.
    WrongNonce,
    /// OpenID Connect: ID tokens are signed by HS256, with the public key as the secret.
    PublicKeyAsSecret,
}

impl Defect {
    fn is_of_saml(self) -> bool {
        !matches!(self, Self::WrongNonce | Self::PublicKeyAsSecret)
    }

    fn is_of_openid(self) -> bool {
        matches!(
            self,
            Self::Unsigned
                | Self::ForeignKey
                | Self::WrongAudience
                | Self::WrongIssuer
                | Self::Expired
                | Self::WrongNonce
                | Self::PublicKeyAsSecret
        )
    }
}

/// What comes of a sign-in at the provider: how the browser goes back to the service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum SignedIn {
    /// By SAML: a form that is posted to the service.
    #[serde(rename_all = "camelCase")]
    Saml {
        /// Where it is posted to.
        acs_url: String,
        /// The field `SAMLResponse`.
        saml_response: String,
        /// The field `RelayState`, as the service gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        relay_state: Option<String>,
    },
    /// By OpenID Connect: an address that the browser goes to.
    #[serde(rename_all = "camelCase")]
    OpenId {
        /// The redirect address, with `code`, `state` and `iss`.
        location: String,
    },
}

/// Without what signs somebody in.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saml { acs_url, .. } => f.debug_struct("Saml").field("acs_url", acs_url).finish_non_exhaustive(),
            Self::OpenId { .. } => f.debug_struct("OpenId").finish_non_exhaustive(),
        }
    }
}

/// The [identity provider for tests](self) of an emulator; clones are the same one.
#[derive(Clone, Debug)]
pub struct IdentityProvider(Arc<Inner>);

struct Inner {
    /// Where it is, without a slash at the end. It is also the issuer of ID tokens.
    url: String,
    clock: Clock,
    key: OnceCell<SigningKey>,
    foreign_key: OnceCell<SigningKey>,
    told: Mutex<Told>,
    last_ids: Mutex<Option<Ids>>,
    grants: Mutex<openid::Grants>,
}

/// Without codes, tokens and keys.
impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("url", &self.url).field("told", &self.told).finish_non_exhaustive()
    }
}

/// What a test has said.
#[derive(Clone, Debug, Default)]
struct Told {
    people: Vec<Person>,
    defect: Option<Defect>,
}

impl IdentityProvider {
    /// At the emulator of that address.
    pub(crate) fn new(base_url: &str, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            url: base_url.to_owned() + PATH,
            clock,
            key: OnceCell::new(),
            foreign_key: OnceCell::new(),
            told: Mutex::default(),
            last_ids: Mutex::default(),
            grants: Mutex::default(),
        }))
    }

    /// Its issuer for OpenID Connect. The discovery document is below it, at `.well-known/openid-configuration`. Any
    /// client id and secret are taken.
    pub fn issuer(&self) -> &str {
        &self.0.url
    }

    /// Its entity id for SAML, which is the address of its metadata as well.
    pub fn entity_id(&self) -> String {
        format!("{}/metadata", self.0.url)
    }

    /// Its metadata for SAML (SAML 2.0 Metadata): sign-on address and certificate.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), frontegg_emulator::Error> {
    /// # let emulator = frontegg_emulator::Emulator::start().await?;
    /// let metadata = emulator.identity_provider().saml_metadata().await?;
    /// assert!(metadata.contains("IDPSSODescriptor"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn saml_metadata(&self) -> Result<String, Error> {
        Ok(self.metadata().await?)
    }

    pub(crate) async fn metadata(&self) -> Result<String, DomainError> {
        let provider = metadata::IdentityProvider {
            entity_id: self.entity_id(),
            sign_on_address: format!("{}/saml", self.0.url),
            certificates: vec![self.key().await?.certificate().clone()],
            wants_signed_requests: false,
        };
        Ok(provider.write())
    }

    /// From now on it knows these people, and no others.
    pub fn set_people(&self, people: impl IntoIterator<Item = Person>) {
        self.0.told.lock().people = people.into_iter().collect();
    }

    /// The people whom it knows.
    pub fn people(&self) -> Vec<Person> {
        self.0.told.lock().people.clone()
    }

    /// From now on it has that defect, or none.
    pub fn set_defect(&self, defect: Option<Defect>) {
        self.0.told.lock().defect = defect;
    }

    /// The defect that it has.
    pub fn defect(&self) -> Option<Defect> {
        self.0.told.lock().defect
    }

    /// Signs somebody in at the provider, as their browser does by its pages: `address` is where the service has sent it.
    /// Fails where the address holds no request to this provider, where it knows nobody of that mail address, and where its
    /// defect is none of the protocol.
    ///
    /// ```
    /// # use frontegg_emulator::{Emulator, identity_provider::{Person, SignedIn}};
    /// # async fn rehearse(emulator: &Emulator, address: &str) -> Result<(), frontegg_emulator::Error> {
    /// let provider = emulator.identity_provider();
    /// provider.set_people([Person::new("ada@acme.test")]);
    /// if let SignedIn::Saml { acs_url, saml_response, .. } = provider.sign_in(address, "ada@acme.test").await? {
    ///     println!("post {saml_response} to {acs_url}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sign_in(&self, address: &str, email: &str) -> Result<SignedIn, Error> {
        Ok(self.signed_in(address, email).await?)
    }

    pub(crate) async fn signed_in(&self, address: &str, email: &str) -> Result<SignedIn, DomainError> {
        let refuse = |reason: &str| DomainError::bad_request(reason);
        let rest = address.strip_prefix(&self.0.url).and_then(|rest| rest.split_once('?'));
        let (path, query) = rest.ok_or_else(|| refuse("the address is none of this identity provider"))?;
        match path {
            "/saml" => {
                let request = read_query(query)?;
                let SamlAnswer { acs_url, saml_response, relay_state } = self.answer_saml(&request, email).await?;
                Ok(SignedIn::Saml { acs_url, saml_response, relay_state })
            }
            "/authorize" => Ok(SignedIn::OpenId { location: self.authorize(&read_query(query)?, email)? }),
            _ => Err(refuse("the address is no sign-on address of this identity provider")),
        }
    }

    /// An answer by SAML that no service has asked for, as when people begin at their provider (Profiles 4.1.5): to be
    /// posted to `acs_url`. Fails like [`IdentityProvider::sign_in`].
    pub async fn unsolicited(&self, acs_url: &str, sp_entity_id: &str, email: &str) -> Result<SignedIn, Error> {
        Ok(self.began(acs_url, sp_entity_id, email).await?)
    }

    pub(crate) async fn began(&self, acs_url: &str, sp_entity_id: &str, email: &str) -> Result<SignedIn, DomainError> {
        let service = saml::Service { acs_url, entity_id: sp_entity_id, request: None };
        let saml_response = self.write_saml(service, email).await?;
        Ok(SignedIn::Saml { acs_url: acs_url.to_owned(), saml_response, relay_state: None })
    }

    fn person(&self, email: &str) -> Result<Person, DomainError> {
        let told = self.0.told.lock();
        let person = told.people.iter().find(|person| person.email == email).cloned();
        person.ok_or_else(|| DomainError::not_found("The identity provider does not know that person"))
    }

    /// The key that it tells of.
    async fn key(&self) -> Result<&SigningKey, DomainError> {
        self.made(&self.0.key).await
    }

    /// A key that it does not tell of.
    async fn foreign_key(&self) -> Result<&SigningKey, DomainError> {
        self.made(&self.0.foreign_key).await
    }

    /// It takes a moment, so it is made only where it is asked for, and beside what else is done.
    async fn made<'a>(&self, key: &'a OnceCell<SigningKey>) -> Result<&'a SigningKey, DomainError> {
        let now = self.0.clock.timestamp();
        let make = async || {
            // Valid since yesterday, so that clocks may go back a little.
            let since = now.before(Duration::from_hours(24));
            let made = spawn_blocking(move || SigningKey::generate("Identity provider for tests", since)).await;
            made.map_err(DomainError::internal)?.map_err(DomainError::internal)
        };
        key.get_or_try_init(make).await
    }
}

fn read_query<T: for<'de> Deserialize<'de>>(query: &str) -> Result<T, DomainError> {
    serde_urlencoded::from_str(query).map_err(|error| DomainError::bad_request(error.to_string()))
}
