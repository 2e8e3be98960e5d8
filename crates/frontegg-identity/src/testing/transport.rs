//! Transports of tests, and what they are asked.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use frontegg_model::{no_operation, operation};
use serde_json::Value;

use super::Reply;
use crate::error::{Error, ErrorKind};

/// What a call would have sent. Tokens are not in it: none is fetched.
///
/// ```
/// use frontegg_identity::testing::{Reply, Request};
///
/// /// Answers by what is asked.
/// fn answer(request: &Request) -> Result<Reply, frontegg_identity::Error> {
///     Ok(match (request.operation, request.tenant()) {
///         ("list_roles_v1", Some("acme")) => Reply::json(200, [(); 0]),
///         _ => Reply::refusal(404, "there is nothing"),
///     })
/// }
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The id of the operation, e.g. `list_roles_v1`.
    pub operation: &'static str,
    /// The method, e.g. `GET`.
    pub method: &'static str,
    /// The path with its values, percent-encoded.
    pub path: String,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// Names, in lower case, and values of the headers; `frontegg-tenant-id` and `frontegg-user-id` are those of the scope.
    pub headers: Vec<(String, String)>,
    /// The body; null without one.
    pub body: Value,
}

impl Request {
    /// The value of a header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The tenant of the scope.
    pub fn tenant(&self) -> Option<&str> {
        self.header(frontegg_model::headers::TENANT_HEADER)
    }

    /// The user of the scope.
    pub fn user(&self) -> Option<&str> {
        self.header(frontegg_model::headers::USER_HEADER)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Passwords are in bodies, a token may be in the query or among headers.
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Answers calls in place of the service. Closures do, too:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{Error, Frontegg, testing::{Reply, Request}};
///
/// let nothing = |request: &Request| -> Result<Reply, Error> { Ok(Reply::refusal(404, "there is nothing")) };
/// let frontegg = Frontegg::builder().transport(nothing).build()?;
/// assert!(frontegg.roles().list_roles_v1().await.unwrap_err().is_not_found());
/// # Ok(())
/// # }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// The answer to a call, or how it fails.
    fn answer(&self, request: &Request) -> Result<Reply, Error>;
}

impl<F> Transport for F
where
    F: Fn(&Request) -> Result<Reply, Error> + Send + Sync + 'static,
{
    fn answer(&self, request: &Request) -> Result<Reply, Error> {
        self(request)
    }
}

/// Gives answers in the order in which they were given to it: to each call the first that is left for its operation, or for
/// any. A call without an answer fails and says what is left.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{Frontegg, testing::{Reply, Scripted, respond}};
///
/// let script = Scripted::new([respond::delete_role(), Reply::refusal(404, "no such role").to("delete_role")]);
/// let frontegg = Frontegg::builder().transport(script).build()?;
/// let roles = frontegg.tenant("acme").roles();
/// roles.delete_role("r-1").await?;
/// assert!(roles.delete_role("r-1").await.unwrap_err().is_not_found());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Scripted(Mutex<VecDeque<Reply>>);

impl Scripted {
    /// One with these answers.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Mutex::new(replies.into_iter().collect()))
    }
}

impl Transport for Scripted {
    fn answer(&self, request: &Request) -> Result<Reply, Error> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = left.iter().position(|reply| reply.is_for(request.operation));
        place.and_then(|place| left.remove(place)).ok_or_else(|| {
            let others: Vec<_> = left.iter().filter_map(Reply::operation).collect();
            let unknown = others.iter().find(|id| operation(id).is_none());
            let others =
                if others.is_empty() { "none is left".to_owned() } else { format!("left is {}", others.join(", ")) };
            let hint = unknown.map_or_else(String::new, |id| format!("; {}", no_operation(id)));
            Error::new(ErrorKind::InvalidRequest, format!("the script has no answer to it: {others}{hint}"))
        })
    }
}

/// Keeps what another transport was asked. Clones share it, so that a test keeps one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{Frontegg, testing::{Recording, Scripted, respond}};
///
/// let recording = Recording::of(Scripted::new([respond::delete_role()]));
/// let frontegg = Frontegg::builder().transport(recording.clone()).build()?;
/// frontegg.tenant("acme").roles().delete_role("r-1").await?;
///
/// let [request] = &recording.requests()[..] else { panic!("one call") };
/// assert_eq!((request.operation, request.tenant()), ("delete_role", Some("acme")));
/// assert!(request.path.ends_with("/r-1"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Recording {
    transport: Arc<dyn Transport>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Recording {
    /// One before another transport.
    pub fn of(transport: impl Transport) -> Self {
        Self { transport: Arc::new(transport), requests: Arc::default() }
    }

    /// What was asked so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for Recording {
    fn answer(&self, request: &Request) -> Result<Reply, Error> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        self.transport.answer(request)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("requests", &self.requests().len()).finish_non_exhaustive()
    }
}
