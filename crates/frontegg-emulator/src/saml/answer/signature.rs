//! Signatures of answers (XML Signature 1.1, as Core 5.4 narrows it). A library makes them canonical and verifies them;
//! here is what it is given at all, and with which keys.

use bergshamra_dsig::{DsigContext, VerifyResult, verify::verify_all_document};
use bergshamra_keys::KeysManager;
use uppsala::{Document, NodeId};

use super::{Check, Expected, Refused};
use crate::saml::{
    ENVELOPED, EXCLUSIVE, RSA_SHA256, SHA256, SIGNATURE,
    certificates::Certificate,
    xml::{ContentError, Element},
};

const EXCLUSIVE_WITH_COMMENTS: &str = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";

/// RSA and ECDSA with SHA-256 and more (RFC 9231). None has a shared secret: a certificate could be taken for it.
const SIGNATURES: [&str; 9] = [
    RSA_SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
/// SHA-256 and more.
const DIGESTS: [&str; 3] =
    [SHA256, "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512"];

/// The elements that valid signatures cover.
#[derive(Debug)]
pub(super) struct Signed(Vec<NodeId>);

impl Signed {
    pub(super) fn covers(&self, element: NodeId) -> bool {
        self.0.contains(&element)
    }
}

/// Makes the checks from [`Check::Signature`] to [`Check::Key`]: that response, assertion or both are signed, and that
/// whatever signature stands anywhere is valid.
pub(super) fn verify(
    document: &Document<'static>,
    response: Element<'_>,
    assertion: Element<'_>,
    expected: &Expected<'_>,
) -> Result<Signed, Refused> {
    let signatures: Vec<Element<'_>> = response.all().filter(|element| element.is(SIGNATURE, "Signature")).collect();
    if signatures.is_empty() {
        return Err(Check::Signature.refuses("nothing is signed"));
    }
    let mut covered = Vec::new();
    for signature in &signatures {
        let parent = signature.parent().map(Element::id);
        let parent =
            parent.filter(|parent| [response.id(), assertion.id()].contains(parent) && !covered.contains(parent));
        covered.push(parent.ok_or_else(|| Check::Signature.refuses("a signature is not where it belongs"))?);
    }
    for signature in &signatures {
        check_reference(*signature)?;
    }
    for signature in &signatures {
        check_algorithms(*signature)?;
    }
    let results = verify_all_document(&context(expected.certificates), document);
    let results = results.map_err(|_| Check::Signature.refuses("the signatures cannot be processed"))?;
    if results.len() != signatures.len() {
        return Err(Check::Signature.refuses("the signatures cannot be processed"));
    }
    for ((signature, parent), result) in signatures.iter().zip(&covered).zip(&results) {
        let VerifyResult::Valid { signature_node, references, key_info } = result else {
            return Err(invalid(*signature, expected.certificates));
        };
        // What the verifier has digested is the very node that is read later.
        let covers = |node: Option<NodeId>| node == Some(*parent) && *signature_node == signature.id();
        if references.len() != 1 || !references.iter().all(|one| one.digest_verified && covers(one.resolved_node)) {
            return Err(Check::Reference.refuses("a signature covers something else"));
        }
        log_expired(key_info.x509_chain.first(), expected);
    }
    Ok(Signed(covered))
}

/// The keys of the connection, and none that the document brings along. Certificates are not validated: that the
/// connection holds them is what they are trusted for.
fn context(certificates: &[Certificate]) -> DsigContext {
    let mut keys = KeysManager::new();
    keys.add_keys(certificates.iter().map(|certificate| certificate.key().clone()));
    DsigContext::new(keys).with_trusted_keys_only(true).with_strict_verification(true)
}

/// A signature by a key that the document itself brings along is told from one that is broken.
fn invalid(signature: Element<'_>, certificates: &[Certificate]) -> Refused {
    let brought = signature.all().filter(|element| element.is(SIGNATURE, "X509Certificate"));
    let mut brought = brought.filter_map(|element| Certificate::read(&element.text()?).ok()).peekable();
    if brought.peek().is_some() && !brought.any(|one| certificates.contains(&one)) {
        Check::Key.refuses("it is signed with a key that the connection does not have")
    } else {
        Check::Signature.refuses("a signature is not valid")
    }
}

fn log_expired(certificate: Option<&Vec<u8>>, expected: &Expected<'_>) {
    let used = expected.certificates.iter().find(|one| certificate.is_some_and(|der| one.der() == der.as_slice()));
    if let Some(used) = used.filter(|used| used.expires_at() <= expected.now) {
        tracing::warn!(expired_at = %used.expires_at(), "an identity provider signs with an expired certificate");
    }
}

/// One reference, to the element that the signature stands in, by ID, and through no other transforms than the two that
/// SAML knows.
fn check_reference(signature: Element<'_>) -> Result<(), Refused> {
    let refuse = |reason: &'static str| Err(Check::Reference.refuses(reason));
    let allowed = ["SignedInfo", "SignatureValue", "KeyInfo"];
    if !signature.children().all(|child| allowed.iter().any(|name| child.is(SIGNATURE, name))) {
        return refuse("a signature has an object");
    }
    let info = part(signature, "SignedInfo", Check::Reference)?;
    let canonicalization = part(info, "CanonicalizationMethod", Check::Reference)?;
    if !is_exclusive(canonicalization) {
        return refuse("a signature is not made by exclusive canonicalization");
    }
    let reference = part(info, "Reference", Check::Reference)?;
    let id = signature.parent().and_then(|parent| parent.attribute("ID"));
    if reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != id {
        return refuse("a signature refers to something else");
    }
    let transforms: Vec<_> = part(reference, "Transforms", Check::Reference)?.children().collect();
    let [enveloped, exclusive] = transforms[..] else {
        return refuse("a signature has other transforms than two");
    };
    let is_enveloped = enveloped.attribute("Algorithm") == Some(ENVELOPED) && enveloped.children().next().is_none();
    let are_transforms = transforms.iter().all(|one| one.is(SIGNATURE, "Transform"));
    if are_transforms && is_enveloped && is_exclusive(exclusive) {
        Ok(())
    } else {
        refuse("a transform is not allowed")
    }
}

fn is_exclusive(method: Element<'_>) -> bool {
    let is_known = matches!(method.attribute("Algorithm"), Some(EXCLUSIVE | EXCLUSIVE_WITH_COMMENTS));
    is_known && method.children().all(|child| child.is(EXCLUSIVE, "InclusiveNamespaces"))
}

fn check_algorithms(signature: Element<'_>) -> Result<(), Refused> {
    let info = part(signature, "SignedInfo", Check::Algorithm)?;
    let method = part(info, "SignatureMethod", Check::Algorithm)?;
    let digest = part(part(info, "Reference", Check::Algorithm)?, "DigestMethod", Check::Algorithm)?;
    let is_one =
        |method: Element<'_>, known: &[&str]| method.attribute("Algorithm").is_some_and(|it| known.contains(&it));
    if is_one(method, &SIGNATURES) && is_one(digest, &DIGESTS) {
        Ok(())
    } else {
        Err(Check::Algorithm.refuses("an algorithm is weak or has no public key"))
    }
}

fn part<'d>(parent: Element<'d>, name: &'static str, check: Check) -> Result<Element<'d>, Refused> {
    parent.required(SIGNATURE, name).map_err(|error: ContentError| check.refuses(error.to_string()))
}
