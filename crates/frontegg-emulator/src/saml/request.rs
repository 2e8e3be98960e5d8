//! What asks an identity provider who somebody is: an `AuthnRequest` (Core 3.4.1), sent by the HTTP-Redirect binding
//! (Bindings 3.4), which is an address that the browser goes to.

use std::io::{self, Read, Write};

use aws_lc_rs::error::Unspecified;
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use uppsala::XmlWriter;

use super::{
    ASSERTION, EMAIL_ADDRESS, HTTP_POST, PROTOCOL, RSA_SHA256,
    key::SigningKey,
    xml::{ContentError, Element, parse},
};
use crate::{clock::Timestamp, ids};

/// How long a request may be once it is inflated, in bytes.
const MAX_LENGTH: u64 = 64 * 1024;

/// A request cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the request cannot be written: {0}")]
    Form(#[from] serde_urlencoded::ser::Error),
    #[error("the request cannot be deflated: {0}")]
    Deflate(#[from] io::Error),
    #[error("the request cannot be signed")]
    Signature(#[from] Unspecified),
}

/// An identifier for a request: 128 random bits, in a form that XML takes for an ID (Core 1.3.4).
pub(crate) fn new_id() -> String {
    format!("_{:032x}", u128::from_be_bytes(ids::random()))
}

/// A question who somebody is, to be put by their browser.
#[derive(Clone, Copy)]
pub(crate) struct AuthnRequest<'a> {
    /// Of [`new_id`]; answers name it.
    pub(crate) id: &'a str,
    pub(crate) issued_at: Timestamp,
    /// The provider's sign-on address for this binding, with whatever query it has.
    pub(crate) destination: &'a str,
    /// Our entity id.
    pub(crate) issuer: &'a str,
    /// Where the answer is to be sent.
    pub(crate) acs_url: &'a str,
    /// Comes back with the answer, unprotected: it may be nothing but an identifier, at most 80 bytes long
    /// (Bindings 3.4.3).
    pub(crate) relay_state: &'a str,
}

impl AuthnRequest<'_> {
    /// Where the browser is to go. With a key the request is signed (Bindings 3.4.4.1).
    pub(crate) fn url(&self, key: Option<&SigningKey>) -> Result<String, RequestError> {
        let message = STANDARD.encode(deflate(self.xml().as_bytes())?);
        let mut query = serde_urlencoded::to_string([("SAMLRequest", &*message), ("RelayState", self.relay_state)])?;
        if let Some(key) = key {
            query += "&";
            query += &serde_urlencoded::to_string([("SigAlg", RSA_SHA256)])?;
            let signature = STANDARD.encode(key.sign(query.as_bytes())?);
            query += "&";
            query += &serde_urlencoded::to_string([("Signature", signature)])?;
        }
        let address = self.destination.split_once('#').map_or(self.destination, |(address, _)| address);
        let separator = match address.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some((_, kept)) if kept.ends_with('&') => "",
            Some(_) => "&",
        };
        Ok([address, separator, &query].concat())
    }

    fn xml(&self) -> String {
        let mut xml = XmlWriter::new();
        let issued_at = self.issued_at.to_string();
        let attributes = [
            ("xmlns:samlp", PROTOCOL),
            ("xmlns:saml", ASSERTION),
            ("ID", self.id),
            ("Version", "2.0"),
            ("IssueInstant", &issued_at),
            ("Destination", self.destination),
            ("AssertionConsumerServiceURL", self.acs_url),
            ("ProtocolBinding", HTTP_POST),
        ];
        xml.start_element("samlp:AuthnRequest", &attributes);
        xml.start_element("saml:Issuer", &[]);
        xml.text(self.issuer);
        xml.end_element("saml:Issuer");
        xml.empty_element("samlp:NameIDPolicy", &[("Format", EMAIL_ADDRESS), ("AllowCreate", "true")]);
        xml.end_element("samlp:AuthnRequest");
        xml.into_string()
    }
}

/// What an identity provider is asked, as it stands in the address that a browser came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedRequest {
    pub(crate) id: String,
    /// Entity id of the service.
    pub(crate) issuer: String,
    /// Where the answer is to be sent.
    pub(crate) acs_url: String,
}

/// An address holds no request that can be answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReceivedError {
    #[error("SAMLRequest is no deflated XML in base64")]
    Form,
    #[error("SAMLRequest is no AuthnRequest of SAML 2.0")]
    Kind,
    #[error("SAMLRequest cannot be used: {0}")]
    Content(#[from] ContentError),
}

impl ReceivedRequest {
    /// Reads the parameter `SAMLRequest`. Whether it is signed is not looked at.
    pub(crate) fn read(message: &str) -> Result<Self, ReceivedError> {
        let bytes = STANDARD.decode(message).map_err(|_| ReceivedError::Form)?;
        let text = inflate(&bytes).map_err(|_| ReceivedError::Form)?;
        let document = parse(&text).map_err(|_| ReceivedError::Form)?;
        let request = Element::root(&document).filter(|root| root.is(PROTOCOL, "AuthnRequest"));
        let request =
            request.filter(|request| request.attribute("Version") == Some("2.0")).ok_or(ReceivedError::Kind)?;
        let attribute = |name| {
            let value = request.attribute(name).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or(ContentError::Missing(name))
        };
        let issuer = request.required(ASSERTION, "Issuer")?.text().ok_or(ContentError::Unreadable("Issuer"))?;
        Ok(Self { id: attribute("ID")?, issuer, acs_url: attribute("AssertionConsumerServiceURL")? })
    }
}

/// RFC 1951, without the header of zlib.
fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Undoes [`deflate`], as far as a request may be long.
fn inflate(bytes: &[u8]) -> io::Result<String> {
    let mut text = String::new();
    let read = DeflateDecoder::new(bytes).take(MAX_LENGTH + 1).read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX_LENGTH) {
        Ok(text)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "the request is too long"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use x509_cert::der::{Decode, Encode};

    use super::*;

    fn request<'a>() -> AuthnRequest<'a> {
        AuthnRequest {
            id: "_4fee3b046395c4e751011e97f8900b52",
            issued_at: Timestamp::from_micros(0),
            destination: "https://idp.test/sso",
            issuer: "https://sp.test/?a=1&b=2",
            acs_url: "https://sp.test/auth/saml/callback",
            relay_state: "state",
        }
    }

    fn parameters(url: &str) -> HashMap<String, String> {
        serde_urlencoded::from_str(url.split_once('?').expect("a query").1).expect("parameters")
    }

    #[test]
    fn ids_are_random_and_names_of_xml() {
        let id = new_id();
        assert_ne!(id, new_id());
        assert!(id.len() == 33 && id.starts_with('_') && id[1..].bytes().all(|digit| digit.is_ascii_hexdigit()));
    }

    #[test]
    fn a_request_says_what_is_asked() {
        let url = request().url(None).expect("an address");
        assert!(url.starts_with("https://idp.test/sso?SAMLRequest="));
        let parameters = parameters(&url);
        assert_eq!(parameters.len(), 2);
        assert_eq!(parameters["RelayState"], "state");
        let message = STANDARD.decode(&parameters["SAMLRequest"]).expect("base64");
        let text = inflate(&message).expect("deflated text");
        let document = parse(&text).expect("well-formed");
        let (sent, request) = (request(), Element::root(&document).expect("an element"));
        assert!(request.is(PROTOCOL, "AuthnRequest"));
        for (name, value) in [
            ("ID", sent.id),
            ("Version", "2.0"),
            ("IssueInstant", "1970-01-01T00:00:00.000Z"),
            ("Destination", sent.destination),
            ("AssertionConsumerServiceURL", sent.acs_url),
            ("ProtocolBinding", HTTP_POST),
        ] {
            assert_eq!(request.attribute(name), Some(value), "{name}");
        }
        let issuer = request.required(ASSERTION, "Issuer").expect("an issuer");
        assert_eq!(issuer.text().as_deref(), Some(sent.issuer));
        let policy = request.required(PROTOCOL, "NameIDPolicy").expect("a policy");
        assert_eq!(policy.attribute("Format"), Some(EMAIL_ADDRESS));
        assert_eq!(policy.attribute("AllowCreate"), Some("true"));
    }

    #[test]
    fn providers_read_what_was_asked() {
        let (sent, url) = (request(), request().url(None).expect("an address"));
        let received = ReceivedRequest::read(&parameters(&url)["SAMLRequest"]).expect("a request");
        let expected = ReceivedRequest {
            id: sent.id.to_owned(),
            issuer: sent.issuer.to_owned(),
            acs_url: sent.acs_url.to_owned(),
        };
        assert_eq!(received, expected);
        let read = |text: &str| ReceivedRequest::read(&STANDARD.encode(deflate(text.as_bytes()).expect("deflated")));
        assert_eq!(ReceivedRequest::read("%"), Err(ReceivedError::Form));
        assert_eq!(ReceivedRequest::read("AAAA"), Err(ReceivedError::Form));
        assert_eq!(read("<a"), Err(ReceivedError::Form));
        assert_eq!(read("<a/>"), Err(ReceivedError::Kind));
        let without = request().xml().replace(" AssertionConsumerServiceURL", " Other");
        assert_eq!(read(&without), Err(ReceivedError::Content(ContentError::Missing("AssertionConsumerServiceURL"))));
    }

    #[test]
    fn addresses_keep_their_query() {
        for (destination, start) in [
            ("https://idp.test/sso?a=1", "https://idp.test/sso?a=1&SAMLRequest="),
            ("https://idp.test/sso?a=1&", "https://idp.test/sso?a=1&SAMLRequest="),
            ("https://idp.test/sso?", "https://idp.test/sso?SAMLRequest="),
            ("https://idp.test/sso#top", "https://idp.test/sso?SAMLRequest="),
        ] {
            let url = AuthnRequest { destination, ..request() }.url(None).expect("an address");
            assert!(url.starts_with(start), "{url}");
        }
    }

    #[test]
    fn the_signature_is_over_the_query_as_it_is_sent() {
        let key = SigningKey::generate("service", Timestamp::from_micros(0)).expect("a key");
        let url = request().url(Some(&key)).expect("an address");
        let parameters = parameters(&url);
        assert_eq!(parameters["SigAlg"], RSA_SHA256);
        let signed = url.split_once('?').and_then(|(_, query)| query.split_once("&Signature=")).expect("a signature").0;
        assert!(signed.starts_with("SAMLRequest=") && signed.contains("&RelayState=state&SigAlg="));
        let certificate = x509_cert::Certificate::from_der(key.certificate().der()).expect("a certificate");
        let public = certificate.tbs_certificate.subject_public_key_info.to_der().expect("a public key");
        let signature = STANDARD.decode(&parameters["Signature"]).expect("base64");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
            .verify(signed.as_bytes(), &signature)
            .expect("verified");
    }

    #[test]
    fn what_inflates_too_far_is_refused() {
        let bomb = deflate(&vec![b' '; 10_000_000]).expect("deflated");
        assert!(inflate(&bomb).is_err());
        assert!(inflate(b"no deflate").is_err());
    }
}
