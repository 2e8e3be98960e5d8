//! What a verified assertion says, and whether it says it to us and now.

use std::{collections::BTreeMap, time::Duration};

use super::{Accepted, Check, Expected, NameId, Refused};
use crate::{
    clock::Timestamp,
    saml::{
        ASSERTION, EMAIL, EMAIL_ADDRESS, GIVEN_NAME, GROUPS, SURNAME,
        xml::{ContentError, Element},
    },
};

/// How far a provider's clock may be off.
const SKEW: Duration = Duration::from_mins(1);

/// Profiles 3.3: whoever brings the assertion is whom it is about.
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Core 8.3.1.
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

/// Conditions that can be kept (Core 2.5.1). What is to be used once is: no assertion is accepted twice.
const KNOWN_CONDITIONS: [&str; 3] = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];

/// Attributes with the mail address; the first that has one counts.
const EMAILS: [&str; 3] = [EMAIL, "email", "mail"];
const GIVEN_NAMES: [&str; 2] = [GIVEN_NAME, "firstName"];
const SURNAMES: [&str; 2] = [SURNAME, "lastName"];

/// The issuer's element.
pub(super) fn issuer(assertion: Element<'_>) -> Result<Element<'_>, Refused> {
    assertion.required(ASSERTION, "Issuer").map_err(|error| Check::Issuer.refuses(error.to_string()))
}

/// Makes the checks from [`Check::Confirmation`] to [`Check::Statement`], and reads who came.
pub(super) fn accept(
    response: Element<'_>,
    assertion: Element<'_>,
    expected: &Expected<'_>,
) -> Result<Accepted, Refused> {
    let subject = required(assertion, "Subject", Check::Confirmation)?;
    let confirmed_until = check_confirmations(subject, expected)?;
    let conditions = check_conditions(assertion, expected)?;
    check_audience(conditions.element, expected)?;
    let statement = check_statements(assertion, expected)?;
    let attributes = attributes(assertion);
    let name_id = name_id(subject)?;
    let email = email(&attributes, &name_id).ok_or_else(|| Check::Person.refuses("it tells no mail address"))?;
    let issuer = issuer(assertion)?.text().filter(|issuer| !issuer.is_empty());
    let id = |element: Element<'_>| element.attribute("ID").unwrap_or_default().to_owned();
    Ok(Accepted {
        issuer: issuer.ok_or_else(|| Check::Issuer.refuses("the issuer is empty"))?,
        name_id,
        email,
        given_name: first(&attributes, &GIVEN_NAMES).map(str::to_owned),
        surname: first(&attributes, &SURNAMES).map(str::to_owned),
        groups: attributes.get(GROUPS).cloned().unwrap_or_default(),
        attributes,
        authenticated_at: statement.authenticated_at,
        session_ends_at: statement.session_ends_at,
        ids: [id(response), id(assertion)],
        remembered_until: conditions.end.map_or(confirmed_until, |end| end.max(confirmed_until)).after(SKEW),
    })
}

fn required<'d>(parent: Element<'d>, name: &'static str, check: Check) -> Result<Element<'d>, Refused> {
    parent.required(ASSERTION, name).map_err(|error| check.refuses(error.to_string()))
}

fn moment(element: Element<'_>, name: &'static str, check: Check) -> Result<Option<Timestamp>, Refused> {
    element.moment(name).map_err(|error| check.refuses(error.to_string()))
}

/// Whether it has not come yet, however far clocks may be off.
fn is_ahead(moment: Timestamp, now: Timestamp) -> bool {
    now.before(SKEW) < moment
}

/// One confirmation by bearer has to hold; until when it does.
fn check_confirmations(subject: Element<'_>, expected: &Expected<'_>) -> Result<Timestamp, Refused> {
    let confirmations = subject.children_named(ASSERTION, "SubjectConfirmation");
    let mut refused = None;
    for bearer in confirmations.filter(|one| one.attribute("Method") == Some(BEARER)) {
        match check_confirmation(bearer, expected) {
            Ok(end) => return Ok(end),
            Err(reason) => refused = refused.or(Some(reason)),
        }
    }
    Err(refused.unwrap_or_else(|| Check::Confirmation.refuses("the subject is not confirmed by bearer")))
}

fn check_confirmation(bearer: Element<'_>, expected: &Expected<'_>) -> Result<Timestamp, Refused> {
    let refuse = |reason: &'static str| Err(Check::Confirmation.refuses(reason));
    let data = required(bearer, "SubjectConfirmationData", Check::Confirmation)?;
    if !expected.in_response_to.fits(data.attribute("InResponseTo")) {
        return Err(Check::Request.refuses("the assertion is to another request"));
    }
    if data.attribute("Recipient") != Some(expected.acs_url) {
        return refuse("the assertion is for another recipient");
    }
    if data.attribute("NotBefore").is_some() {
        return refuse("a bearer's confirmation has a beginning");
    }
    match moment(data, "NotOnOrAfter", Check::Confirmation)? {
        None => refuse("the confirmation has no end"),
        Some(end) if is_ahead(end, expected.now) => Ok(end),
        Some(_) => refuse("the confirmation is over"),
    }
}

struct Conditions<'d> {
    element: Element<'d>,
    end: Option<Timestamp>,
}

fn check_conditions<'d>(assertion: Element<'d>, expected: &Expected<'_>) -> Result<Conditions<'d>, Refused> {
    let found = assertion.optional(ASSERTION, "Conditions");
    let found = found.map_err(|error| Check::Conditions.refuses(error.to_string()))?;
    let element = found.ok_or_else(|| Check::Audience.refuses("it is for nobody in particular"))?;
    if moment(element, "NotBefore", Check::Conditions)?.is_some_and(|start| expected.now.after(SKEW) < start) {
        return Err(Check::Conditions.refuses("the assertion is not valid yet"));
    }
    let end = moment(element, "NotOnOrAfter", Check::Conditions)?;
    if end.is_some_and(|end| !is_ahead(end, expected.now)) {
        return Err(Check::Conditions.refuses("the assertion has expired"));
    }
    let is_known = |condition: Element<'_>| KNOWN_CONDITIONS.iter().any(|name| condition.is(ASSERTION, name));
    if !element.children().all(is_known) {
        return Err(Check::Conditions.refuses("a condition is not known"));
    }
    Ok(Conditions { element, end })
}

fn check_audience(conditions: Element<'_>, expected: &Expected<'_>) -> Result<(), Refused> {
    let names_us = |restriction: Element<'_>| {
        let mut audiences = restriction.children_named(ASSERTION, "Audience");
        audiences.any(|audience| audience.text().as_deref() == Some(expected.sp_entity_id))
    };
    let mut restrictions = conditions.children_named(ASSERTION, "AudienceRestriction").peekable();
    if restrictions.peek().is_none() {
        return Err(Check::Audience.refuses("it is for nobody in particular"));
    }
    if restrictions.all(names_us) { Ok(()) } else { Err(Check::Audience.refuses("it is for another service")) }
}

struct Statement {
    authenticated_at: Timestamp,
    session_ends_at: Option<Timestamp>,
}

/// Of several, the newest authentication and the first end count.
fn check_statements(assertion: Element<'_>, expected: &Expected<'_>) -> Result<Statement, Refused> {
    let refuse = |error: ContentError| Check::Statement.refuses(error.to_string());
    let (mut authenticated_at, mut session_ends_at) = (None, None::<Timestamp>);
    for statement in assertion.children_named(ASSERTION, "AuthnStatement") {
        let instant = statement.moment("AuthnInstant").map_err(refuse)?;
        let instant = instant.ok_or(ContentError::Missing("AuthnInstant")).map_err(refuse)?;
        authenticated_at = authenticated_at.max(Some(instant));
        if let Some(end) = statement.moment("SessionNotOnOrAfter").map_err(refuse)? {
            if !is_ahead(end, expected.now) {
                return Err(Check::Statement.refuses("the provider's session is over"));
            }
            session_ends_at = Some(session_ends_at.map_or(end, |earlier| earlier.min(end)));
        }
    }
    let authenticated_at = authenticated_at.ok_or_else(|| Check::Statement.refuses("it tells of no authentication"))?;
    Ok(Statement { authenticated_at, session_ends_at })
}

fn name_id(subject: Element<'_>) -> Result<NameId, Refused> {
    let element = required(subject, "NameID", Check::Person)?;
    let value = element.text().filter(|value| !value.is_empty());
    let attribute = |name| element.attribute(name).map(str::to_owned);
    Ok(NameId {
        value: value.ok_or_else(|| Check::Person.refuses("the name of the subject cannot be read"))?,
        format: attribute("Format"),
        name_qualifier: attribute("NameQualifier"),
        sp_name_qualifier: attribute("SPNameQualifier"),
    })
}

/// Values are taken as they stand. One with elements in it counts with all the text in them.
fn attributes(assertion: Element<'_>) -> BTreeMap<String, Vec<String>> {
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let statements = assertion.children_named(ASSERTION, "AttributeStatement");
    for attribute in statements.flat_map(|statement| statement.children_named(ASSERTION, "Attribute")) {
        let Some(name) = attribute.attribute("Name") else { continue };
        let values = attribute.children_named(ASSERTION, "AttributeValue").map(Element::whole_text);
        attributes.entry(name.to_owned()).or_default().extend(values);
    }
    attributes
}

fn first<'a>(attributes: &'a BTreeMap<String, Vec<String>>, names: &[&str]) -> Option<&'a str> {
    let mut values = names.iter().filter_map(|name| attributes.get(*name)?.first());
    values.find_map(|value| Some(value.trim()).filter(|value| !value.is_empty()))
}

fn email(attributes: &BTreeMap<String, Vec<String>>, name_id: &NameId) -> Option<String> {
    if let Some(told) = first(attributes, &EMAILS) {
        return Some(told.to_owned()).filter(|told| looks_like_email(told));
    }
    let format = name_id.format.as_deref().unwrap_or(UNSPECIFIED);
    let may_be = [EMAIL_ADDRESS, UNSPECIFIED].contains(&format) && looks_like_email(&name_id.value);
    may_be.then(|| name_id.value.clone())
}

fn looks_like_email(text: &str) -> bool {
    let has_parts = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    has_parts && !text.contains(|character: char| character.is_whitespace() || character.is_control())
}
