//! What an identity provider answers: a `Response` (Core 3.3.3) with one assertion, and the checks that it has to pass
//! before anybody is believed to be somebody.
//!
//! They are numbered, and come in the order of their numbers. [`Answer::read`] makes those that need to know nothing;
//! then whoever keeps sign-ins looks up which one is answered, and [`Answer::verify`] makes the rest, but for those that
//! need to know what was accepted before.

mod assertion;
mod refused;
mod shape;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use uppsala::{Document, NodeId};

use super::{
    ASSERTION, ENTITY,
    certificates::Certificate,
    xml::{Element, parse},
};
use crate::clock::Timestamp;

pub(crate) use refused::{Check, Refused};

/// How long an answer may be once it is decoded, in bytes.
pub(crate) const MAX_LENGTH: usize = 256 * 1024;

/// An answer, read and of the right shape. Nothing in it is proven.
pub(crate) struct Answer {
    document: Document<'static>,
    response: NodeId,
    assertion: NodeId,
}

/// Which request an answer has to be to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InResponseTo<'a> {
    /// The one with this ID.
    Request(&'a str),
    /// None, as the provider began by itself (Profiles 4.1.5).
    Nothing,
}

/// What an answer is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// The address that was reached, which is where answers are to be sent.
    pub(crate) acs_url: &'a str,
    /// Our entity id, as the provider knows it.
    pub(crate) sp_entity_id: &'a str,
    /// Those of the connection; any of them may have signed.
    pub(crate) certificates: &'a [Certificate],
    /// The provider's entity id, where it is known.
    pub(crate) issuer: Option<&'a str>,
    pub(crate) in_response_to: InResponseTo<'a>,
    pub(crate) now: Timestamp,
}

/// Who came, as a provider has told and signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The provider's entity id.
    pub(crate) issuer: String,
    pub(crate) name_id: NameId,
    /// The person's mail address, as it is written there.
    pub(crate) email: String,
    pub(crate) given_name: Option<String>,
    pub(crate) surname: Option<String>,
    /// Names exactly as they were sent.
    pub(crate) groups: Vec<String>,
    /// All attributes by name, in the order of their values.
    pub(crate) attributes: BTreeMap<String, Vec<String>>,
    pub(crate) authenticated_at: Timestamp,
    /// When a session that comes of it has to end at the latest.
    pub(crate) session_ends_at: Option<Timestamp>,
    /// Neither may be accepted again: of the response and of the assertion.
    pub(crate) ids: [String; 2],
    /// Until when they must be remembered.
    pub(crate) remembered_until: Timestamp,
}

/// Whom an assertion is about (Core 2.2.3). All parts together are the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameId {
    pub(crate) value: String,
    pub(crate) format: Option<String>,
    pub(crate) name_qualifier: Option<String>,
    pub(crate) sp_name_qualifier: Option<String>,
}

impl NameId {
    /// The whole name as one text, different for different names.
    pub(crate) fn to_subject(&self) -> String {
        let Self { value, format, name_qualifier, sp_name_qualifier } = self;
        serde_json::json!([value, format, name_qualifier, sp_name_qualifier]).to_string()
    }
}

impl Answer {
    /// Reads what a form has as `SAMLResponse`: base64, which may be broken into lines (RFC 2045, 6.8). Makes the checks
    /// from [`Check::Encoding`] to [`Check::Status`].
    pub(crate) fn read(message: &str) -> Result<Self, Refused> {
        // Even with a line break after each character, what is longer cannot be short enough.
        if message.len() > MAX_LENGTH * 4 {
            return Err(Check::Encoding.refuses("it is too long"));
        }
        let dense: String = message.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
        let bytes = STANDARD.decode(dense).map_err(|_| Check::Encoding.refuses("it is not base64"))?;
        if bytes.len() > MAX_LENGTH {
            return Err(Check::Encoding.refuses("it is too long"));
        }
        let text = String::from_utf8(bytes).map_err(|_| Check::Encoding.refuses("it is not UTF-8"))?;
        let document = parse(&text).map_err(|error| Check::Xml.refuses(error.to_string()))?;
        shape::check_encoding(&document)?;
        let (response, assertion) = shape::check(&document)?;
        Ok(Self { response, assertion, document: document.into_static() })
    }

    /// The issuer that the assertion names, which anybody may have written: by it a connection can be looked up, and
    /// nothing else.
    pub(crate) fn claimed_issuer(&self) -> Option<String> {
        self.element(self.assertion)?.optional(ASSERTION, "Issuer").ok()??.text()
    }

    /// Whether it says that it answers a request.
    pub(crate) fn claims_request(&self) -> bool {
        self.element(self.response).is_some_and(|response| response.attribute("InResponseTo").is_some())
    }

    /// Makes the checks from [`Check::Signature`] to [`Check::Statement`], and finds out who came, which may fail by
    /// [`Check::Person`].
    pub(crate) fn verify(&self, expected: &Expected<'_>) -> Result<Accepted, Refused> {
        let missing = || Check::Shape.refuses("it has no assertion");
        let response = self.element(self.response).ok_or_else(missing)?;
        let assertion = self.element(self.assertion).ok_or_else(missing)?;
        let signed = signature::verify(&self.document, response, assertion, expected)?;
        self.check_destination(response, &signed, expected)?;
        check_issuers(response, assertion, expected)?;
        check_request(response, expected)?;
        // The node that was verified is the one that is read.
        assertion::accept(response, assertion, expected)
    }

    fn element(&self, id: NodeId) -> Option<Element<'_>> {
        Element::at(&self.document, id)
    }

    fn check_destination(
        &self,
        response: Element<'_>,
        signed: &signature::Signed,
        expected: &Expected<'_>,
    ) -> Result<(), Refused> {
        match response.attribute("Destination") {
            Some(destination) if destination == expected.acs_url => Ok(()),
            Some(_) => Err(Check::Destination.refuses("it was sent to another address")),
            None if signed.covers(self.response) => {
                Err(Check::Destination.refuses("a signed response has to name its destination"))
            }
            None => Ok(()),
        }
    }
}

/// Response and assertion have to be of the provider that was asked.
fn check_issuers(response: Element<'_>, assertion: Element<'_>, expected: &Expected<'_>) -> Result<(), Refused> {
    let of_assertion = assertion::issuer(assertion)?;
    let of_response =
        response.optional(ASSERTION, "Issuer").map_err(|error| Check::Issuer.refuses(error.to_string()))?;
    for issuer in of_response.into_iter().chain([of_assertion]) {
        if issuer.attribute("Format").is_some_and(|format| format != ENTITY) {
            return Err(Check::Issuer.refuses("an issuer is no entity"));
        }
        if expected.issuer.is_some_and(|known| issuer.text().as_deref() != Some(known)) {
            return Err(Check::Issuer.refuses("it is of another provider"));
        }
    }
    if of_response.is_some_and(|issuer| issuer.text() != of_assertion.text()) {
        return Err(Check::Issuer.refuses("response and assertion are of two providers"));
    }
    Ok(())
}

fn check_request(response: Element<'_>, expected: &Expected<'_>) -> Result<(), Refused> {
    if expected.in_response_to.fits(response.attribute("InResponseTo")) {
        Ok(())
    } else {
        Err(Check::Request.refuses("the response is to another request"))
    }
}

impl InResponseTo<'_> {
    fn fits(self, named: Option<&str>) -> bool {
        match self {
            Self::Request(id) => named == Some(id),
            Self::Nothing => named.is_none(),
        }
    }
}
