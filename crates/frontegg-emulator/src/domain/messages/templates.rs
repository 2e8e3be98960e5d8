//! What messages say: a built-in text for each type, over which the environment may lay its own.

mod mail_defaults;
pub(crate) mod mails;
mod render;
pub(crate) mod texts;

pub(crate) use render::{escape_html, single_line};

use serde_json::{Map, Value};

use crate::{
    domain::DomainResult,
    store::{Identity, Read},
};

/// What placeholders about the environment stand for: `{{BASE_URL}}` (also `{{APP_URL}}`),
/// `{{CLIENT_ID}}`, `{{APP_ID}}` (the default application) and `{{VENDOR_ID}}`.
pub(crate) struct Environment(Map<String, Value>);

impl Environment {
    /// The environment as clients reach it under that address.
    pub(crate) async fn of(tx: &Read) -> DomainResult<Self> {
        let catalog = tx.catalog().await?;
        let mut identity = catalog.identity.clone().unwrap_or_default();
        if let Some(application) = catalog.default_application() {
            identity.application_id.clone_from(&application.id);
        }
        Ok(Self::reached_at(tx.origin(), identity))
    }

    /// The environment of these ids, as clients reach it under that address.
    pub(crate) fn reached_at(address: &str, identity: Identity) -> Self {
        let Identity { vendor_id, client_id, application_id, .. } = identity;
        let values = [
            ("BASE_URL", address.to_owned()),
            ("APP_URL", address.to_owned()),
            ("CLIENT_ID", client_id),
            ("APP_ID", application_id),
            ("VENDOR_ID", vendor_id),
        ];
        Self(values.map(|(name, value)| (name.to_owned(), Value::String(value))).into_iter().collect())
    }

    /// An address with these placeholders filled in; others stay.
    pub(crate) fn fill(&self, address: &str) -> String {
        render::single_line(&render::fill(address, |name, _| render::look_up(&self.0, name)))
    }

    /// Where mails come from when nothing else is said: an address of the environment that takes no
    /// answers.
    pub(crate) fn no_reply(&self) -> String {
        let base_url = render::look_up(&self.0, "BASE_URL").unwrap_or_default();
        let host = base_url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        // A bare IP address is no domain of a mail address.
        let host = host.filter(|host| host.contains(|c: char| c.is_ascii_alphabetic()) && !host.contains(':'));
        format!("no-reply@{}", host.as_deref().unwrap_or("localhost"))
    }
}
