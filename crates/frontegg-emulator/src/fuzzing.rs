//! Ways for fuzz targets to what is not public. Compiled for them, with `--cfg fuzzing`, and for
//! tests, so that it is never behind.

use std::{sync::Arc, time::Duration};

use frontegg_contract::ApiFailure;
use frontegg_model::enums::EmailTemplateType;
use http::request::Parts;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    clock::{Clock, Timestamp},
    domain::{
        messages::templates::{self, mails::Template, texts::SmsType},
        passwords::{self, Memory, StoredHash},
        webauthn::{self, RelyingParty},
    },
    saml::{
        answer::{Answer, Expected, InResponseTo},
        certificates::Certificate,
        metadata,
    },
    scim::{
        self,
        filter::{Filter, UnknownAttributes},
        patch, resource,
        schema::USER,
    },
    server::{framing::Framed, head},
    store::{Identity, Store, StoreTarget},
    tokens::{
        Claims,
        jws::{self, Algorithm},
        keys::{KeyDocument, KeySet, Keys},
    },
};

/// How long the head of a request may take.
const HEAD_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection as the server reads it.
pub fn framed<S: AsyncRead + AsyncWrite + Unpin>(connection: S) -> impl AsyncRead + AsyncWrite + Unpin {
    Framed::new(connection, HEAD_TIMEOUT)
}

/// Why a request is refused by its head, if it is.
pub fn check_head(head: &Parts) -> Result<(), ApiFailure> {
    head::check(head)
}

/// What tokens are signed and verified with, in environments that are set to either algorithm.
#[derive(Debug)]
pub struct Signers {
    /// RS256, by a pair of keys.
    pub by_pair: Signer,
    /// HS256, by a secret.
    pub by_secret: Signer,
}

/// What tokens are signed and verified with.
#[derive(Debug)]
pub struct Signer(jws::Signer);

impl Signers {
    /// With the keys and the secret of an exported state, as they stand there.
    pub async fn of(documents: Value, secret: &str) -> Option<Self> {
        let documents: Vec<KeyDocument> = serde_json::from_value(documents).ok()?;
        let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.ok()?;
        let keys = Keys::of(&store).await.ok()?;
        keys.adopt(&store, KeySet::read(&documents, Some(secret)).ok()?).await.ok()?;
        let ring = keys.ring(&store).await.ok()?;
        let by = |algorithm| Signer(jws::Signer::new(Arc::clone(&ring), algorithm));
        Some(Self { by_pair: by(Algorithm::Rs256), by_secret: by(Algorithm::Hs256) })
    }
}

impl Signer {
    /// The claims of a token that it has signed, whatever the time is.
    pub fn claims(&self, token: &str) -> Option<Value> {
        let claims = Claims::of(&jws::verify(&self.0, token).ok()?).ok()?;
        serde_json::to_value(claims).ok()
    }

    /// A token with these claims, if they are those of a token.
    pub fn sign(&self, claims: Value) -> Option<String> {
        let claims: Claims = serde_json::from_value(claims).ok()?;
        claims.sign(&self.0).ok()
    }
}

/// Whether a filter finds a SCIM user; nothing where it is no filter.
pub fn scim_filter(filter: &str, user: &Map<String, Value>) -> Option<bool> {
    Filter::parse(filter, &USER, UnknownAttributes::Refuse).ok().map(|filter| filter.matches(user))
}

/// What is kept of a SCIM user.
pub fn scim_user(user: Value) -> Result<Map<String, Value>, ScimError> {
    resource::read(&USER, user).map_err(ScimError)
}

/// What a patch makes of a SCIM user.
pub fn scim_patch(user: &Map<String, Value>, patch: &Value) -> Result<Map<String, Value>, ScimError> {
    patch::apply(&USER, user, patch).map_err(ScimError)
}

/// Why something is refused.
#[derive(Debug)]
pub struct ScimError(scim::Error);

impl ScimError {
    /// In so many bytes.
    pub fn length(&self) -> usize {
        self.0.detail.len()
    }
}

/// What is kept of a hash, if it can be compared with.
pub fn stored_hash(text: &str) -> Option<String> {
    StoredHash::parse(text).ok().map(|stored| stored.to_string())
}

/// What is kept of a hash that comes from another system, if it can be compared with.
pub fn imported_hash(kind: &str, hash: &str, parameters: Option<&str>) -> Option<String> {
    passwords::import::read(kind, hash, parameters).ok()
}

/// Whether a hash is of that password.
pub fn is_password(password: &[u8], stored: &str) -> bool {
    StoredHash::parse(stored).is_ok_and(|stored| stored.matches(password, &mut Memory::default()))
}

/// What a browser was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The address of the emulator.
    pub base_url: &'a str,
    /// In base64url.
    pub challenge: &'a str,
}

/// What a browser answers of a new credential.
#[derive(Clone, Copy, Debug)]
pub struct Created<'a> {
    /// The id of the credential.
    pub id: &'a [u8],
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `attestationObject`.
    pub attestation_object: &'a [u8],
}

/// What a browser answers with a credential that is known.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`.
    pub signature: &'a [u8],
}

/// What is kept of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential(webauthn::Credential);

impl Credential {
    /// A new one, or why it is refused.
    pub fn register(asked: Asked<'_>, created: Created<'_>) -> Result<Self, String> {
        let party = RelyingParty::at(asked.base_url).ok_or("no address")?;
        let [id, client_data, attestation_object] =
            [created.id, created.client_data, created.attestation_object].map(webauthn::encode);
        let created = webauthn::Created { id: &id, client_data: &client_data, attestation_object: &attestation_object };
        let expected = webauthn::Expected { party: &party, challenge: asked.challenge, user_verification: false };
        webauthn::verify_registration(&expected, created).map(Self).map_err(|fault| fault.to_string())
    }

    /// Its public key, in the form of COSE.
    pub fn public_key(&self) -> &[u8] {
        &self.0.public_key
    }

    /// Its counter after an answer, or why that is refused.
    pub fn verify(&self, asked: Asked<'_>, signed: Signed<'_>) -> Result<u32, String> {
        let party = RelyingParty::at(asked.base_url).ok_or("no address")?;
        let known = webauthn::Known {
            id: &self.0.id,
            public_key: &self.0.public_key,
            sign_count: self.0.sign_count,
            is_backup_eligible: self.0.is_backup_eligible,
            user_handle: b"ada",
        };
        let [id, client_data, authenticator_data, signature] =
            [&self.0.id, signed.client_data, signed.authenticator_data, signed.signature].map(webauthn::encode);
        let signed = webauthn::Signed {
            id: &id,
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: &signature,
            user_handle: None,
        };
        let expected = webauthn::Expected { party: &party, challenge: asked.challenge, user_verification: false };
        let used = webauthn::verify_assertion(&expected, known, signed).map_err(|fault| fault.to_string())?;
        Ok(used.sign_count)
    }
}

/// The texts of a mail's template.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'a> {
    /// `fromName`.
    pub from_name: &'a str,
    /// `senderEmail`.
    pub sender_email: &'a str,
    /// `subject`.
    pub subject: &'a str,
    /// `htmlTemplate`.
    pub html: &'a str,
    /// `redirectURL`.
    pub redirect_url: &'a str,
}

/// A mail as it leaves.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Who sends it.
    pub sender: String,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub html: String,
    /// Where its link leads.
    pub link: Option<String>,
}

/// Makes a mail for the environment that is reached under that address; the token joins its link.
pub fn render_mail(mail: Mail<'_>, base_url: &str, values: &Map<String, Value>, token: &str) -> Rendered {
    let template = Template {
        id: None,
        kind: EmailTemplateType::ResetPassword,
        sender_email: mail.sender_email.to_owned(),
        from_name: mail.from_name.to_owned(),
        subject: mail.subject.to_owned(),
        html: mail.html.to_owned(),
        redirect_url: Some(mail.redirect_url.to_owned()),
        success_redirect_url: None,
        active: true,
    };
    let environment = templates::Environment::reached_at(base_url, Identity::default());
    let rendered = template.render(&environment, values, &[("token", token)]);
    Rendered { sender: rendered.sender, subject: rendered.subject, html: rendered.html, link: rendered.link }
}

/// Makes the text of an SMS.
pub fn render_sms(template: &str, values: &Map<String, Value>) -> String {
    let mut text = SmsType::Otc.built_in();
    template.clone_into(&mut text.template);
    text.render(values)
}

/// What answers of an identity provider are held against.
#[derive(Clone, Copy, Debug)]
pub struct SamlExpected<'a> {
    /// Where answers are sent.
    pub acs_url: &'a str,
    /// Entity id of the service.
    pub sp_entity_id: &'a str,
    /// Entity id of the provider.
    pub issuer: &'a str,
    /// ID of the request.
    pub request: &'a str,
    /// Certificate of the provider.
    pub certificate: &'a str,
    /// The moment, in seconds since 1970.
    pub now: i64,
}

/// Who came, by an answer that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlPerson {
    /// Their name.
    pub name_id: String,
    /// Their address.
    pub email: String,
    /// Their groups.
    pub groups: Vec<String>,
    /// ID of the assertion.
    pub assertion_id: String,
}

/// Who came, or the number of the check that refuses the answer.
pub fn saml_answer(message: &str, expected: &SamlExpected<'_>) -> Result<SamlPerson, u8> {
    let certificates = [Certificate::read(expected.certificate).map_err(|_| 0)?];
    let expected = Expected {
        acs_url: expected.acs_url,
        sp_entity_id: expected.sp_entity_id,
        certificates: &certificates,
        issuer: Some(expected.issuer),
        in_response_to: InResponseTo::Request(expected.request),
        now: Timestamp::from_micros(expected.now.saturating_mul(1_000_000)),
    };
    let accepted = Answer::read(message).and_then(|answer| answer.verify(&expected));
    let accepted = accepted.map_err(|refused| refused.check.number())?;
    let [_, assertion_id] = accepted.ids;
    Ok(SamlPerson { name_id: accepted.name_id.value, email: accepted.email, groups: accepted.groups, assertion_id })
}

/// What an identity provider tells of itself, written anew, if it can be used.
pub fn saml_metadata(text: &str) -> Option<String> {
    metadata::read(text, Timestamp::from_micros(0)).ok().map(|provider| provider.write())
}
