//! What the provider for tests answers by SAML, right or wrong.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{Defect, IdentityProvider, Person};
use crate::{
    refusal::DomainError,
    saml::{
        EMAIL, GIVEN_NAME, GROUPS, SURNAME,
        request::{ReceivedRequest, new_id},
        response::{Digest, Ids, Response, ResponseError, SignedPart, Signing},
    },
};

/// Where what is sent elsewhere goes.
const ELSEWHERE: &str = "https://elsewhere.test";

/// The query of the sign-on address. Signatures of requests are not looked at.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SamlRequest {
    #[serde(rename = "SAMLRequest")]
    pub(crate) message: String,
    #[serde(rename = "RelayState")]
    pub(crate) relay_state: Option<String>,
}

impl SamlRequest {
    /// Whether it can be answered at all.
    pub(crate) fn check(&self) -> Result<(), DomainError> {
        self.read().map(drop)
    }

    fn read(&self) -> Result<ReceivedRequest, DomainError> {
        let received = ReceivedRequest::read(&self.message);
        let received = received.map_err(|error| DomainError::bad_request(error.to_string()))?;
        let is_address = ["https://", "http://"].iter().any(|scheme| received.acs_url.starts_with(scheme));
        if is_address {
            Ok(received)
        } else {
            Err(DomainError::bad_request("the answer would go to no address of the web"))
        }
    }
}

/// A form for the service.
#[derive(Clone)]
pub(crate) struct SamlAnswer {
    pub(crate) acs_url: String,
    pub(crate) saml_response: String,
    pub(crate) relay_state: Option<String>,
}

/// Whom an answer is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service<'a> {
    pub(super) acs_url: &'a str,
    pub(super) entity_id: &'a str,
    /// The ID of its request, if it has made one.
    pub(super) request: Option<&'a str>,
}

impl IdentityProvider {
    /// Tells the service that it is that person.
    pub(crate) async fn answer_saml(&self, request: &SamlRequest, email: &str) -> Result<SamlAnswer, DomainError> {
        let asked = request.read()?;
        let service = Service { acs_url: &asked.acs_url, entity_id: &asked.issuer, request: Some(&asked.id) };
        let saml_response = self.write_saml(service, email).await?;
        Ok(SamlAnswer { acs_url: asked.acs_url.clone(), saml_response, relay_state: request.relay_state.clone() })
    }

    /// The field `SAMLResponse` for a service.
    pub(super) async fn write_saml(&self, service: Service<'_>, email: &str) -> Result<String, DomainError> {
        let person = self.person(email)?;
        let defect = self.defect();
        if let Some(defect) = defect.filter(|defect| !defect.is_of_saml()) {
            return Err(DomainError::bad_request(format!("the defect {defect:?} is none of SAML")));
        }
        let attributes = attributes(&person);
        let now = self.0.clock.timestamp();
        let other_request = new_id();
        let had = |wanted| defect == Some(wanted);
        let response = Response {
            ids: self.ids(defect),
            issuer: if had(Defect::WrongIssuer) { ELSEWHERE } else { &self.entity_id() },
            destination: if had(Defect::WrongDestination) { ELSEWHERE } else { service.acs_url },
            recipient: if had(Defect::WrongRecipient) { ELSEWHERE } else { service.acs_url },
            audience: if had(Defect::WrongAudience) { ELSEWHERE } else { service.entity_id },
            in_response_to: if had(Defect::WrongRequest) { Some(&other_request) } else { service.request },
            issued_at: if had(Defect::Expired) { now.before(Duration::from_hours(1)) } else { now },
            name_id: &person.email,
            attributes: &attributes,
            session_ends_at: None,
        };
        Ok(STANDARD.encode(self.signed(&response, defect).await?))
    }

    async fn signed(&self, response: &Response<'_>, defect: Option<Defect>) -> Result<String, DomainError> {
        let key = if defect == Some(Defect::ForeignKey) { self.foreign_key().await? } else { self.key().await? };
        let digest = if defect == Some(Defect::Sha1) { Digest::Sha1 } else { Digest::Sha256 };
        let signing = Signing { key, part: SignedPart::Assertion, digest };
        let written = match defect {
            Some(Defect::Unsigned) => response.write(None),
            Some(Defect::Wrapped) => wrapped(response, signing),
            _ => response.write(Some(signing)),
        };
        written.map_err(DomainError::internal)
    }

    /// Fresh ones, or those of the answer before.
    fn ids(&self, defect: Option<Defect>) -> Ids {
        let mut last = self.0.last_ids.lock();
        let ids = last.clone().filter(|_| defect == Some(Defect::Replayed)).unwrap_or_else(Ids::new);
        *last = Some(ids.clone());
        ids
    }
}

/// The response as it is wanted, but not signed, with a signed assertion about somebody else put into it.
fn wrapped(response: &Response<'_>, signing: Signing<'_>) -> Result<String, ResponseError> {
    let other = format!("other.{}", response.name_id);
    let signed = Response { ids: Ids::new(), name_id: &other, ..response.clone() }.write(Some(signing))?;
    let (_, rest) = signed.split_once("</samlp:Status>").unwrap_or_default();
    let (assertion, _) = rest.split_once("</samlp:Response>").unwrap_or_default();
    let extensions = format!("<samlp:Extensions>{assertion}</samlp:Extensions><samlp:Status>");
    Ok(response.write(None)?.replacen("<samlp:Status>", &extensions, 1))
}

fn attributes(person: &Person) -> BTreeMap<String, Vec<String>> {
    let mut attributes = person.attributes.clone();
    attributes.insert(EMAIL.to_owned(), vec![person.email.clone()]);
    for (name, value) in [(GIVEN_NAME, &person.given_name), (SURNAME, &person.surname)] {
        attributes.extend(value.clone().map(|value| (name.to_owned(), vec![value])));
    }
    if !person.groups.is_empty() {
        attributes.insert(GROUPS.to_owned(), person.groups.clone());
    }
    attributes
}
