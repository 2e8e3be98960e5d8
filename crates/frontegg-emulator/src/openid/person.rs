//! Whom a provider tells of.

use serde_json::{Map, Value};

/// Most characters of a subject (OpenID Connect Core 2).
const SUBJECT_LIMIT: usize = 255;

/// Somebody who signed in at a provider, by its standard claims (OpenID Connect Core 5.1).
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Who it is at that provider: never another person, whatever else changes.
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    /// What the provider says of the address; some say nothing.
    pub(crate) email_verified: Option<bool>,
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
    /// All that the provider tells.
    pub(crate) claims: Map<String, Value>,
}

impl Person {
    /// By the claims of an ID token; none where they name nobody.
    pub(super) fn from_id_token(claims: Map<String, Value>) -> Option<Self> {
        let subject = text(&claims, "sub")?;
        Self::new(subject, claims)
    }

    /// By what the user info endpoint says. Providers that speak OAuth alone have an `id`, often a number, in place of a
    /// `sub`.
    pub(super) fn from_user_info(claims: Map<String, Value>) -> Option<Self> {
        let subject = text(&claims, "sub").or_else(|| match claims.get("id")? {
            Value::Number(id) => Some(id.to_string()),
            _ => text(&claims, "id"),
        });
        Self::new(subject?, claims)
    }

    fn new(subject: String, claims: Map<String, Value>) -> Option<Self> {
        if subject.chars().count() > SUBJECT_LIMIT {
            return None;
        }
        Some(Self {
            subject,
            email: text(&claims, "email"),
            email_verified: flag(&claims, "email_verified"),
            name: text(&claims, "name").or_else(|| full_name(&claims)),
            picture: text(&claims, "picture"),
            claims,
        })
    }

    /// The same, with what is missing from another source. What is said of an address goes with that address.
    pub(super) fn completed_by(self, other: Self) -> Self {
        let mut claims = other.claims;
        claims.extend(self.claims);
        let (email, email_verified) = match self.email {
            None => (other.email, other.email_verified),
            same if same == other.email => (same, self.email_verified.or(other.email_verified)),
            own => (own, self.email_verified),
        };
        Self {
            subject: self.subject,
            email,
            email_verified,
            name: self.name.or(other.name),
            picture: self.picture.or(other.picture),
            claims,
        }
    }
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?;
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

/// A yes or no, which some providers write as a text.
fn flag(claims: &Map<String, Value>, name: &str) -> Option<bool> {
    match claims.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn full_name(claims: &Map<String, Value>) -> Option<String> {
    let names: Vec<String> = ["given_name", "family_name"].iter().filter_map(|name| text(claims, name)).collect();
    if names.is_empty() { None } else { Some(names.join(" ")) }
}
