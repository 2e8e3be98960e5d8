//! SAML 2.0 web browser single sign-on, seen from the service provider: what providers and we tell of ourselves
//! ([`metadata`], [`service_provider`]), whom we trust ([`certificates`]), what we sign with ([`key`]), what we ask
//! ([`request`]), and what is answered ([`answer`]).
//!
//! It knows nothing of what the emulator keeps and nothing of HTTP. The standards are the four of OASIS of 2005 (Core,
//! Bindings, Profiles, Metadata) with their errata, and XML Signature 1.1; canonical XML and signatures are a library's.

pub(crate) mod answer;
pub(crate) mod certificates;
pub(crate) mod key;
pub(crate) mod metadata;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod service_provider;
mod xml;

/// `saml:`, of assertions.
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// `samlp:`, of requests and answers. It also names the protocol in metadata.
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// `md:`, of metadata.
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// `ds:`, of signatures.
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Bindings 3.4: what is sent by it stands in the address.
const HTTP_REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// Bindings 3.5: what is sent by it stands in a form.
const HTTP_POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// Core 8.3.2.
const EMAIL_ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/// Core 8.3.6, of issuers.
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";

/// Canonical XML that does not depend on what stands around (Exclusive XML Canonicalization 1.0).
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// XML Signature 6.6.4.
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 9231, 2.3.2).
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// XML Encryption 5.7.2.
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// The attribute with a person's mail address.
pub(crate) const EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
/// The attribute with a person's given name.
pub(crate) const GIVEN_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname";
/// The attribute with a person's surname.
pub(crate) const SURNAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname";
/// The attribute with the names of the groups that a person is in.
pub(crate) const GROUPS: &str = "groups";
