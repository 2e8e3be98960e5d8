//! Where the API is.

use std::{fmt, sync::Arc};

use progenitor_client::ClientInfo;
use reqwest::Url;

use crate::generated::Client;

/// A base URL, parsed once for all calls.
#[derive(Clone)]
pub(crate) struct BaseUrl(Arc<Parsed>);

struct Parsed {
    text: String,
    /// None if the text is no URL to which a path can be added.
    url: Option<Url>,
}

impl BaseUrl {
    pub(crate) fn new(text: &str) -> Self {
        let url = Url::parse(text).ok();
        let url = url.filter(|url| !url.cannot_be_a_base() && url.query().is_none() && url.fragment().is_none());
        Self(Arc::new(Parsed { text: text.to_owned(), url }))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Its path, without a trailing slash.
    pub(crate) fn path(&self) -> &str {
        self.0.url.as_ref().map_or("", |url| url.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.text.fmt(f)
    }
}

impl Client {
    /// The URL of a path, whose values are encoded.
    pub(crate) fn url(&self, path: &str) -> reqwest::Result<Url> {
        let Some(base) = &self.baseurl.0.url else {
            // Says what is wrong with it.
            return Ok(self.client().get(format!("{}{path}", self.baseurl())).build()?.url().clone());
        };
        let mut url = base.clone();
        match self.baseurl.path() {
            "" => url.set_path(path),
            prefix => url.set_path(&format!("{prefix}{path}")),
        }
        Ok(url)
    }
}
