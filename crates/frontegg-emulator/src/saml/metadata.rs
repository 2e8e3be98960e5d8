//! What identity providers tell of themselves: their metadata (SAML 2.0 Metadata).
//!
//! Signatures of metadata are not evaluated: whoever hands it in is trusted.

use uppsala::XmlWriter;

use super::{
    EMAIL_ADDRESS, HTTP_REDIRECT, METADATA, PROTOCOL, SIGNATURE,
    certificates::{Certificate, CertificateError},
    service_provider::key_descriptor,
    xml::{ContentError, Element, XmlError, parse},
};
use crate::clock::Timestamp;

/// How long a document may be, in bytes.
pub(crate) const MAX_LENGTH: usize = 1024 * 1024;

/// Core 8.3.6.
const MAX_ENTITY_ID: usize = 1024;

/// A document describes no identity provider that people can be sent to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MetadataError {
    #[error("The metadata is longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("The metadata cannot be read: {0}")]
    Xml(#[from] XmlError),
    #[error("The metadata describes no SAML 2.0 identity provider")]
    NoProvider,
    #[error("The metadata describes more than one SAML 2.0 identity provider")]
    SeveralProviders,
    #[error("The metadata is valid until {0} only")]
    Expired(Timestamp),
    #[error("The identity provider has no sign-on address for the HTTP-Redirect binding")]
    NoAddress,
    #[error("The identity provider has no certificate for signatures")]
    NoCertificate,
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("The metadata cannot be used: {0}")]
    Content(#[from] ContentError),
}

/// An identity provider, as its metadata tells of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IdentityProvider {
    /// The issuer of its answers.
    pub(crate) entity_id: String,
    /// Its sign-on address for the HTTP-Redirect binding, as it stands there.
    pub(crate) sign_on_address: String,
    /// Any of them may sign; there is at least one.
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) wants_signed_requests: bool,
}

impl IdentityProvider {
    /// Its metadata: an `EntityDescriptor` with one `IDPSSODescriptor`.
    pub(crate) fn write(&self) -> String {
        let mut xml = XmlWriter::new();
        xml.write_declaration();
        xml.start_element("md:EntityDescriptor", &[("xmlns:md", METADATA), ("entityID", &self.entity_id)]);
        let wants_signed_requests = if self.wants_signed_requests { "true" } else { "false" };
        let role = [("WantAuthnRequestsSigned", wants_signed_requests), ("protocolSupportEnumeration", PROTOCOL)];
        xml.start_element("md:IDPSSODescriptor", &role);
        for certificate in &self.certificates {
            key_descriptor(&mut xml, certificate);
        }
        xml.start_element("md:NameIDFormat", &[]);
        xml.text(EMAIL_ADDRESS);
        xml.end_element("md:NameIDFormat");
        let service = [("Binding", HTTP_REDIRECT), ("Location", &*self.sign_on_address)];
        xml.empty_element("md:SingleSignOnService", &service);
        xml.end_element("md:IDPSSODescriptor");
        xml.end_element("md:EntityDescriptor");
        xml.into_string()
    }
}

/// Reads the metadata of an identity provider: of one entity, or of several of which one is an identity provider.
pub(crate) fn read(text: &str, now: Timestamp) -> Result<IdentityProvider, MetadataError> {
    if text.len() > MAX_LENGTH {
        return Err(MetadataError::TooLong);
    }
    let document = parse(text)?;
    let root = Element::root(&document).ok_or(MetadataError::NoProvider)?;
    let mut roles = Vec::new();
    collect_roles(root, &mut roles);
    let role = match roles[..] {
        [] => return Err(MetadataError::NoProvider),
        [role] => role,
        _ => return Err(MetadataError::SeveralProviders),
    };
    check_validity(role, now)?;
    let entity = role.parent().ok_or(MetadataError::NoProvider)?;
    let entity_id = entity.attribute("entityID").ok_or(ContentError::Missing("entityID"))?;
    if entity_id.trim().is_empty() || entity_id.len() > MAX_ENTITY_ID {
        return Err(ContentError::Unreadable("entityID").into());
    }
    Ok(IdentityProvider {
        entity_id: entity_id.to_owned(),
        sign_on_address: sign_on_address(role)?,
        certificates: certificates(role)?,
        wants_signed_requests: role.boolean("WantAuthnRequestsSigned")?.unwrap_or(false),
    })
}

/// The roles of identity providers that speak SAML 2.0, in an entity or in entities of any depth.
fn collect_roles<'d>(element: Element<'d>, roles: &mut Vec<Element<'d>>) {
    if element.is(METADATA, "EntityDescriptor") {
        roles.extend(element.children_named(METADATA, "IDPSSODescriptor").filter(|role| speaks_saml(*role)));
    } else if element.is(METADATA, "EntitiesDescriptor") {
        for child in element.children() {
            collect_roles(child, roles);
        }
    }
}

fn speaks_saml(role: Element<'_>) -> bool {
    let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
    protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
}

/// Neither the role nor anything it stands in may be over.
fn check_validity(role: Element<'_>, now: Timestamp) -> Result<(), MetadataError> {
    for element in std::iter::successors(Some(role), |element| element.parent()) {
        if let Some(end) = element.moment("validUntil")?.filter(|end| *end <= now) {
            return Err(MetadataError::Expired(end));
        }
    }
    Ok(())
}

fn sign_on_address(role: Element<'_>) -> Result<String, MetadataError> {
    let mut services = role.children_named(METADATA, "SingleSignOnService");
    let service = services.find(|service| service.attribute("Binding") == Some(HTTP_REDIRECT));
    let address = service.ok_or(MetadataError::NoAddress)?.attribute("Location").unwrap_or_default().trim();
    if address.is_empty() { Err(MetadataError::NoAddress) } else { Ok(address.to_owned()) }
}

/// A key without a use is for signatures as well (Metadata 2.4.1.1).
fn certificates(role: Element<'_>) -> Result<Vec<Certificate>, MetadataError> {
    let mut certificates = Vec::new();
    let keys = role.children_named(METADATA, "KeyDescriptor");
    for key in keys.filter(|key| key.attribute("use").is_none_or(|purpose| purpose == "signing")) {
        let infos = key.children_named(SIGNATURE, "KeyInfo");
        let data = infos.flat_map(|info| info.children_named(SIGNATURE, "X509Data"));
        for one in data.flat_map(|data| data.children_named(SIGNATURE, "X509Certificate")) {
            let certificate = Certificate::read(&one.text().ok_or(CertificateError::Form)?)?;
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
            }
        }
    }
    if certificates.is_empty() { Err(MetadataError::NoCertificate) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::{key::SigningKey, service_provider::key_descriptor};

    const NOW: &str = "2026-01-02T00:00:00Z";

    fn now() -> Timestamp {
        NOW.parse::<chrono::DateTime<chrono::Utc>>().expect("a moment").into()
    }

    fn certificate() -> Certificate {
        SigningKey::generate("provider", now()).expect("a key").certificate().clone()
    }

    fn key(certificate: &Certificate) -> String {
        let mut xml = uppsala::XmlWriter::new();
        key_descriptor(&mut xml, certificate);
        xml.into_string()
    }

    /// Metadata of an entity with one role.
    fn entity(attributes: &str, content: &str) -> String {
        format!(
            r#"<md:EntityDescriptor xmlns:md="{METADATA}" entityID="https://idp.test/metadata">
               <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol {PROTOCOL}" {attributes}>
               {content}</md:IDPSSODescriptor></md:EntityDescriptor>"#
        )
    }

    fn service(binding: &str, address: &str) -> String {
        format!(r#"<md:SingleSignOnService Binding="{binding}" Location="{address}"/>"#)
    }

    const POST: &str = super::super::HTTP_POST;

    #[test]
    fn a_provider_is_read() {
        let (first, second) = (certificate(), certificate());
        let encryption = key(&certificate()).replace("signing", "encryption");
        let without_use = key(&second).replace(r#"use="signing""#, "");
        let services =
            service(POST, "https://idp.test/post") + &service(HTTP_REDIRECT, "https://idp.test/sso?a=1&amp;b=2");
        let content = [encryption, key(&first), key(&first), without_use, services].concat();
        let text = format!("\u{feff}{}", entity(r#"WantAuthnRequestsSigned="1""#, &content));
        let expected = IdentityProvider {
            entity_id: "https://idp.test/metadata".to_owned(),
            sign_on_address: "https://idp.test/sso?a=1&b=2".to_owned(),
            certificates: vec![first, second],
            wants_signed_requests: true,
        };
        assert_eq!(read(&text, now()).expect("metadata"), expected);
    }

    #[test]
    fn what_is_written_is_read_alike() {
        let provider = IdentityProvider {
            entity_id: "https://idp.test/?a=1&b=\"2\"".to_owned(),
            sign_on_address: "https://idp.test/sso?a=1&b=2".to_owned(),
            certificates: vec![certificate(), certificate()],
            wants_signed_requests: true,
        };
        assert_eq!(read(&provider.write(), now()).expect("metadata"), provider);
    }

    #[test]
    fn one_provider_among_entities_is_read() {
        let provider = entity("", &(key(&certificate()) + &service(HTTP_REDIRECT, "https://idp.test/sso")));
        let other = format!(r#"<md:EntityDescriptor xmlns:md="{METADATA}" entityID="other"/>"#);
        let group = |content: &str| {
            format!(r#"<md:EntitiesDescriptor xmlns:md="{METADATA}">{content}</md:EntitiesDescriptor>"#)
        };
        let read = |text: &str| read(text, now());
        assert!(!read(&group(&(other.clone() + &group(&provider)))).expect("metadata").wants_signed_requests);
        assert!(matches!(read(&group(&provider.repeat(2))), Err(MetadataError::SeveralProviders)));
        assert!(matches!(read(&group(&other)), Err(MetadataError::NoProvider)));
        assert!(matches!(read(&provider.replace(PROTOCOL, "urn:other")), Err(MetadataError::NoProvider)));
        assert!(matches!(read(&provider.replace(METADATA, "urn:other")), Err(MetadataError::NoProvider)));
    }

    #[test]
    fn what_people_cannot_be_sent_by_is_refused() {
        let (key, redirect) = (key(&certificate()), service(HTTP_REDIRECT, "https://idp.test/sso"));
        let read = |attributes: &str, content: &str| read(&entity(attributes, content), now());
        let whole = key.clone() + &redirect;
        assert!(matches!(read("", &(key.clone() + &service(POST, "https://idp.test"))), Err(MetadataError::NoAddress)));
        assert!(matches!(read("", &redirect), Err(MetadataError::NoCertificate)));
        let encryption = key.replace("signing", "encryption") + &redirect;
        assert!(matches!(read("", &encryption), Err(MetadataError::NoCertificate)));
        let broken = whole.replace("<ds:X509Certificate>", "<ds:X509Certificate>AAAA");
        assert!(matches!(read("", &broken), Err(MetadataError::Certificate(CertificateError::X509))));
        assert!(matches!(read(r#"validUntil="2026-01-02T00:00:00Z""#, &whole), Err(MetadataError::Expired(_))));
        assert!(read(r#"validUntil="2026-01-02T00:00:01Z""#, &whole).is_ok());
        for unreadable in [r#"validUntil="soon""#, r#"WantAuthnRequestsSigned="maybe""#] {
            assert!(matches!(read(unreadable, &whole), Err(MetadataError::Content(ContentError::Unreadable(_)))));
        }
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        let whole = entity("", &(key(&certificate()) + &service(HTTP_REDIRECT, "https://idp.test/sso")));
        let read = |text: &str| read(text, now());
        assert!(matches!(read(&format!("<!DOCTYPE a>{whole}")), Err(MetadataError::Xml(_))));
        assert!(matches!(read("not XML"), Err(MetadataError::Xml(_))));
        assert!(matches!(read(&" ".repeat(MAX_LENGTH + 1)), Err(MetadataError::TooLong)));
        for id in ["", " ", &"x".repeat(1025)] {
            let text = whole.replace("https://idp.test/metadata", id);
            assert!(matches!(read(&text), Err(MetadataError::Content(ContentError::Unreadable("entityID")))));
        }
    }
}
