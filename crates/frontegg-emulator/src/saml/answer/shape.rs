//! What an answer has to look like before any of it is looked at more closely. Wrapped answers, which show a signed
//! element to the verifier and another one to the reader, end here.

use std::collections::HashSet;

use uppsala::{Document, NodeId};

use super::{Check, Refused};
use crate::saml::{
    ASSERTION, PROTOCOL,
    xml::{ContentError, Element},
};

/// Core 3.2.2.2.
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// It was read as UTF-8; whoever would go by another declaration would read something else.
pub(super) fn check_encoding(document: &Document<'_>) -> Result<(), Refused> {
    let declared = document.xml_declaration.as_ref().and_then(|declaration| declaration.encoding.as_deref());
    match declared {
        Some(encoding) if !["utf-8", "us-ascii"].contains(&&*encoding.to_ascii_lowercase()) => {
            Err(Check::Encoding.refuses("it declares another encoding than UTF-8"))
        }
        _ => Ok(()),
    }
}

/// The response and its assertion.
pub(super) fn check(document: &Document<'_>) -> Result<(NodeId, NodeId), Refused> {
    let root = Element::root(document).ok_or_else(|| Check::Shape.refuses("it is empty"))?;
    if !root.is(PROTOCOL, "Response") || root.attribute("Version") != Some("2.0") {
        return Err(Check::Shape.refuses("it is no response of SAML 2.0"));
    }
    let mut assertions = Vec::new();
    for element in root.all() {
        if element.is(PROTOCOL, "Response") && element.id() != root.id() {
            return Err(Check::Shape.refuses("there are several responses"));
        }
        if ["EncryptedAssertion", "EncryptedID", "EncryptedAttribute"].iter().any(|name| element.is(ASSERTION, name)) {
            return Err(Check::Shape.refuses("it is encrypted"));
        }
        if element.is(ASSERTION, "Assertion") {
            assertions.push(element);
        }
    }
    if assertions.len() > 1 {
        return Err(Check::Shape.refuses("there are several assertions"));
    }
    check_ids(root)?;
    // A provider that refuses sends no assertion, so what it says comes first.
    check_status(root)?;
    let assertion = assertions.pop().ok_or_else(|| Check::Shape.refuses("it has no assertion"))?;
    if assertion.parent().map(Element::id) != Some(root.id()) {
        return Err(Check::Shape.refuses("the assertion is not directly in the response"));
    }
    if assertion.attribute("Version") != Some("2.0") {
        return Err(Check::Shape.refuses("the assertion is not of SAML 2.0"));
    }
    if [root, assertion].into_iter().any(|element| element.attribute("ID").is_none_or(str::is_empty)) {
        return Err(Check::Shape.refuses("an ID is missing"));
    }
    Ok((root.id(), assertion.id()))
}

/// Under whatever name an element has its ID: by `ID` in SAML, by `Id` in signatures.
fn check_ids(root: Element<'_>) -> Result<(), Refused> {
    let mut seen = HashSet::new();
    for id in root.all().flat_map(Element::ids) {
        if !seen.insert(id) {
            return Err(Check::Ids.refuses("an ID stands there twice"));
        }
    }
    Ok(())
}

fn check_status(root: Element<'_>) -> Result<(), Refused> {
    let refuse = |error: ContentError| Check::Status.refuses(error.to_string());
    let status = root.required(PROTOCOL, "Status").map_err(refuse)?;
    let code = status.required(PROTOCOL, "StatusCode").map_err(refuse)?;
    let value = code.attribute("Value").ok_or(ContentError::Missing("Value")).map_err(refuse)?;
    if value == SUCCESS {
        return Ok(());
    }
    let second = code.optional(PROTOCOL, "StatusCode").map_err(refuse)?.and_then(|code| code.attribute("Value"));
    let codes: Vec<String> = [Some(value), second].into_iter().flatten().map(shown).collect();
    Err(Check::Status.refuses(format!("the provider tells of {}", codes.join(", "))))
}

/// A code as far as it can go to a log, since anybody may have written it.
fn shown(code: &str) -> String {
    code.chars().filter(char::is_ascii_graphic).take(100).collect()
}
