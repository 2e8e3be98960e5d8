//! What an identity provider answers, written by ourselves: for the provider that tests sign in by, and for tests of what
//! reads it. The library that verifies signs as well.

use std::{collections::BTreeMap, time::Duration};

use bergshamra_dsig::{DsigContext, sign::sign_document_node};
use bergshamra_keys::{KeysManager, loader::load_rsa_private_pem};
use uppsala::{Document, NodeId, Parser, XmlWriter};
use x509_cert::der::pem::{LineEnding, encode_string};

use super::{
    ASSERTION, EMAIL_ADDRESS, ENVELOPED, EXCLUSIVE, PROTOCOL, RSA_SHA256, SHA256, SIGNATURE, key::SigningKey,
    request::new_id, xml::Element,
};
use crate::clock::Timestamp;

/// How long an assertion counts.
const LIFETIME: Duration = Duration::from_mins(5);
/// How long before it is written, so that clocks may differ.
const BEFORE: Duration = Duration::from_mins(1);

const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";

/// A response cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the response cannot be signed: {0}")]
pub(crate) struct ResponseError(String);

/// Identifiers, which are never used twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) response: String,
    pub(crate) assertion: String,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self { response: new_id(), assertion: new_id() }
    }
}

/// A response that tells who somebody is, with one assertion.
#[derive(Clone, Debug)]
pub(crate) struct Response<'a> {
    pub(crate) ids: Ids,
    /// The provider's entity id.
    pub(crate) issuer: &'a str,
    /// The address that it is sent to.
    pub(crate) destination: &'a str,
    /// Whom the assertion is confirmed to; the same address, if all is well.
    pub(crate) recipient: &'a str,
    /// The service's entity id.
    pub(crate) audience: &'a str,
    /// The request, where there was one.
    pub(crate) in_response_to: Option<&'a str>,
    pub(crate) issued_at: Timestamp,
    /// The person's mail address, as their name.
    pub(crate) name_id: &'a str,
    pub(crate) attributes: &'a BTreeMap<String, Vec<String>>,
    pub(crate) session_ends_at: Option<Timestamp>,
}

/// What of a response is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedPart {
    Response,
    Assertion,
    #[cfg_attr(not(test), expect(dead_code, reason = "a provider may; the one for tests signs what it is told"))]
    Both,
}

/// The algorithm by which what is signed is digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256,
    /// Which nobody should take any more.
    Sha1,
}

impl Digest {
    fn uri(self) -> &'static str {
        match self {
            Self::Sha256 => SHA256,
            Self::Sha1 => SHA1,
        }
    }
}

/// How a response is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signing<'a> {
    pub(crate) key: &'a SigningKey,
    pub(crate) part: SignedPart,
    pub(crate) digest: Digest,
}

impl Response<'_> {
    /// As XML, signed by RSA with SHA-256 where it is signed.
    pub(crate) fn write(&self, signing: Option<Signing<'_>>) -> Result<String, ResponseError> {
        let Some(signing) = signing else { return Ok(self.xml(None)) };
        let text = self.xml(Some(signing));
        let failed = |error: String| ResponseError(error);
        let mut document = Parser::new().parse(&text).map_err(|error| failed(error.to_string()))?;
        let context = context(signing.key)?;
        // What stands within is signed before what it stands in.
        for signature in signatures(&document).into_iter().rev() {
            sign_document_node(&context, &mut document, signature).map_err(|error| failed(error.to_string()))?;
        }
        Ok(document.to_xml())
    }

    fn xml(&self, signing: Option<Signing<'_>>) -> String {
        let mut xml = XmlWriter::new();
        let issued_at = self.issued_at.to_string();
        let mut attributes = vec![
            ("xmlns:samlp", PROTOCOL),
            ("xmlns:saml", ASSERTION),
            ("ID", &*self.ids.response),
            ("Version", "2.0"),
            ("IssueInstant", &issued_at),
            ("Destination", self.destination),
        ];
        attributes.extend(self.in_response_to.map(|request| ("InResponseTo", request)));
        xml.start_element("samlp:Response", &attributes);
        leaf(&mut xml, "saml:Issuer", &[], self.issuer);
        if let Some(signing) = signing.filter(|signing| signing.part != SignedPart::Assertion) {
            template(&mut xml, &self.ids.response, signing);
        }
        xml.start_element("samlp:Status", &[]);
        xml.empty_element("samlp:StatusCode", &[("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")]);
        xml.end_element("samlp:Status");
        self.assertion(&mut xml, signing.filter(|signing| signing.part != SignedPart::Response));
        xml.end_element("samlp:Response");
        xml.into_string()
    }

    fn assertion(&self, xml: &mut XmlWriter, signing: Option<Signing<'_>>) {
        let issued_at = self.issued_at.to_string();
        let attributes = [("ID", &*self.ids.assertion), ("Version", "2.0"), ("IssueInstant", &issued_at)];
        xml.start_element("saml:Assertion", &attributes);
        leaf(xml, "saml:Issuer", &[], self.issuer);
        if let Some(signing) = signing {
            template(xml, &self.ids.assertion, signing);
        }
        self.subject(xml);
        let (start, end) = (self.issued_at.before(BEFORE).to_string(), self.issued_at.after(LIFETIME).to_string());
        xml.start_element("saml:Conditions", &[("NotBefore", &start), ("NotOnOrAfter", &end)]);
        xml.start_element("saml:AudienceRestriction", &[]);
        leaf(xml, "saml:Audience", &[], self.audience);
        xml.end_element("saml:AudienceRestriction");
        xml.end_element("saml:Conditions");
        self.statements(xml);
        xml.end_element("saml:Assertion");
    }

    fn subject(&self, xml: &mut XmlWriter) {
        xml.start_element("saml:Subject", &[]);
        leaf(xml, "saml:NameID", &[("Format", EMAIL_ADDRESS)], self.name_id);
        xml.start_element("saml:SubjectConfirmation", &[("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")]);
        let end = self.issued_at.after(LIFETIME).to_string();
        let mut data = vec![("Recipient", self.recipient), ("NotOnOrAfter", &*end)];
        data.extend(self.in_response_to.map(|request| ("InResponseTo", request)));
        xml.empty_element("saml:SubjectConfirmationData", &data);
        xml.end_element("saml:SubjectConfirmation");
        xml.end_element("saml:Subject");
    }

    fn statements(&self, xml: &mut XmlWriter) {
        let (issued_at, end) = (self.issued_at.to_string(), self.session_ends_at.map(|end| end.to_string()));
        let mut statement = vec![("AuthnInstant", &*issued_at), ("SessionIndex", &*self.ids.assertion)];
        statement.extend(end.as_deref().map(|end| ("SessionNotOnOrAfter", end)));
        xml.start_element("saml:AuthnStatement", &statement);
        xml.start_element("saml:AuthnContext", &[]);
        let class = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";
        leaf(xml, "saml:AuthnContextClassRef", &[], class);
        xml.end_element("saml:AuthnContext");
        xml.end_element("saml:AuthnStatement");
        // The statement may not be empty (Core 2.7.3).
        if self.attributes.is_empty() {
            return;
        }
        xml.start_element("saml:AttributeStatement", &[]);
        for (name, values) in self.attributes {
            xml.start_element("saml:Attribute", &[("Name", name)]);
            for value in values {
                leaf(xml, "saml:AttributeValue", &[], value);
            }
            xml.end_element("saml:Attribute");
        }
        xml.end_element("saml:AttributeStatement");
    }
}

fn leaf(xml: &mut XmlWriter, name: &str, attributes: &[(&str, &str)], text: &str) {
    xml.start_element(name, attributes);
    xml.text(text);
    xml.end_element(name);
}

/// A signature of the element with that ID, with nothing in it yet.
fn template(xml: &mut XmlWriter, id: &str, signing: Signing<'_>) {
    xml.start_element("ds:Signature", &[("xmlns:ds", SIGNATURE)]);
    xml.start_element("ds:SignedInfo", &[]);
    xml.empty_element("ds:CanonicalizationMethod", &[("Algorithm", EXCLUSIVE)]);
    xml.empty_element("ds:SignatureMethod", &[("Algorithm", RSA_SHA256)]);
    xml.start_element("ds:Reference", &[("URI", &format!("#{id}"))]);
    xml.start_element("ds:Transforms", &[]);
    xml.empty_element("ds:Transform", &[("Algorithm", ENVELOPED)]);
    xml.empty_element("ds:Transform", &[("Algorithm", EXCLUSIVE)]);
    xml.end_element("ds:Transforms");
    xml.empty_element("ds:DigestMethod", &[("Algorithm", signing.digest.uri())]);
    xml.empty_element("ds:DigestValue", &[]);
    xml.end_element("ds:Reference");
    xml.end_element("ds:SignedInfo");
    xml.empty_element("ds:SignatureValue", &[]);
    xml.start_element("ds:KeyInfo", &[]);
    xml.start_element("ds:X509Data", &[]);
    leaf(xml, "ds:X509Certificate", &[], &signing.key.certificate().to_base64());
    xml.end_element("ds:X509Data");
    xml.end_element("ds:KeyInfo");
    xml.end_element("ds:Signature");
}

fn signatures(document: &Document<'_>) -> Vec<NodeId> {
    let elements = Element::root(document).into_iter().flat_map(Element::all);
    elements.filter(|element| element.is(SIGNATURE, "Signature")).map(Element::id).collect()
}

fn context(key: &SigningKey) -> Result<DsigContext, ResponseError> {
    let pem = encode_string("PRIVATE KEY", LineEnding::LF, key.pkcs8());
    let pem = pem.map_err(|error| ResponseError(error.to_string()))?;
    let mut keys = KeysManager::new();
    keys.add_key(load_rsa_private_pem(pem.as_bytes()).map_err(|error| ResponseError(error.to_string()))?);
    Ok(DsigContext::new(keys))
}
