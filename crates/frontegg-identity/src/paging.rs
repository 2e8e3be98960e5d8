//! Paged lists, read page by page or item by item.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll, ready},
};

use frontegg_client::{self as client, BoxFuture, Client, MaybeSend, ResponseValue};
use frontegg_model::types::ApiError;
use futures_core::Stream;

use crate::{
    context::{CallFuture, Context},
    error::Error,
    options::{Settings, with_options},
    response::Response,
    scope::{Access, Core},
};

pub(crate) mod sealed {
    /// What the offset of a list counts.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Unit {
        /// Pages.
        Pages,
        /// Entries.
        Entries,
    }

    pub trait Sealed {
        const UNIT: Unit = Unit::Pages;
    }
}

use sealed::Unit;

/// A page of a list.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{Page, params::ListUsers};
///
/// let page = frontegg.tenant("acme").users().list_users(ListUsers::new()).await?;
/// println!("{} of {} on {} pages", page.items().len(), page.total_items(), page.total_pages());
/// # Ok(())
/// # }
/// ```
pub trait Page: sealed::Sealed + Send + 'static {
    /// An item of the list.
    type Item: Send + Unpin;

    /// The items of the page.
    fn items(&self) -> &[Self::Item];

    /// The items of the page.
    fn into_items(self) -> Vec<Self::Item>;

    /// The number of items on all pages, as of this page.
    fn total_items(&self) -> i64;

    /// The number of pages, as of this page; 0 where the service does not count them.
    fn total_pages(&self) -> i64;

    /// The query string of the next page, where the service gives one.
    fn next_link(&self) -> Option<&str>;
}

/// Parameters that select a page.
pub(crate) trait PageParams: Clone + Send + Sync {
    /// Offset and size of the page, as far as they are set.
    fn page(&self) -> (Option<i64>, Option<i64>);

    fn set_page(&mut self, offset: i64, size: Option<i64>);
}

/// A page to ask for.
#[derive(Debug, Clone, Copy)]
struct PageRequest {
    offset: i64,
    size: Option<i64>,
}

/// Asks for a page; without one, for that of the parameters.
type Fetch<P> = Arc<dyn Fn(Arc<Client>, Option<PageRequest>) -> CallFuture<'static, P> + Send + Sync>;

/// A page that is on its way.
type Sent<P> = BoxFuture<'static, Result<Response<P>, Error>>;

/// A call of a paged list.
///
/// Awaited, it returns the one page that its parameters select. [`stream`](Self::stream) and
/// [`pages`](Self::pages) read from that page to the last, [`all`](Self::all) collects their items. Like a
/// [`Call`](crate::Call) it is a future; it borrows nothing, so that it and its streams can be spawned.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::params::ListUsers;
///
/// let users = frontegg.tenant("acme").users();
///
/// let first = users.list_users(ListUsers::new().limit(20)).await?;
/// println!("{} of {}", first.items.len(), first.metadata.total_items);
///
/// let mut items = users.list_users(ListUsers::new()).stream();
/// while let Some(user) = items.next().await {
///     println!("{:?}", user?.email);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is sent when it is awaited"]
pub struct PagedCall<P> {
    operation: &'static str,
    settings: Settings,
    client: Arc<Client>,
    /// The largest page that the operation returns.
    max_size: Option<i64>,
    first: i64,
    size: Option<i64>,
    fetch: Fetch<P>,
    /// The one page, once it was asked for.
    sent: Option<Sent<P>>,
}

impl<P: Page> PagedCall<P> {
    /// Prepares a call. `send` is given the raw client of the scope, and the parameters.
    pub(crate) fn new<A, Q, F, S>(
        core: &Core<A>,
        operation: &'static str,
        max_size: Option<i64>,
        params: Q,
        send: F,
    ) -> Self
    where
        A: Access,
        Q: PageParams + 'static,
        F: Fn(Arc<Client>, Q) -> S + Send + Sync + 'static,
        S: Future<Output = Result<ResponseValue<P>, client::Error<ApiError>>> + MaybeSend + 'static,
    {
        let (first, size) = params.page();
        let fetch = move |client, page: Option<PageRequest>| -> CallFuture<'static, P> {
            let mut params = params.clone();
            if let Some(page) = page {
                params.set_page(page.offset, page.size);
            }
            Box::pin(send(client, params))
        };
        Self {
            operation,
            settings: core.options().into(),
            client: core.client(),
            max_size,
            first: first.unwrap_or_default(),
            size,
            fetch: Arc::new(fetch),
            sent: None,
        }
    }

    with_options!();

    #[allow(clippy::unnecessary_wraps, reason = "not every type of call has them as long as it lives")]
    fn settings_mut(&mut self) -> Option<&mut Settings> {
        Some(&mut self.settings)
    }

    /// Sends the call for one page and returns it with status and headers.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::params::ListUsers;
    ///
    /// let page = frontegg.tenant("acme").users().list_users(ListUsers::new()).with_response().await?;
    /// println!("{} users, trace {:?}", page.items.len(), page.trace_id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_response(self) -> Result<Response<P>, Error> {
        self.send(None).await
    }

    /// Reads page after page, beginning with the one that the parameters select.
    ///
    /// The size of pages is that of the parameters, at most the largest that the operation returns; that
    /// is also the default.
    /// A page is asked for when the one before has been taken, not earlier. The stream ends after
    /// the last page, after an empty one, and after an error; [`Pages::next_page`] is then the page to
    /// continue with.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::params::ListUsers;
    ///
    /// let mut pages = frontegg.tenant("acme").users().list_users(ListUsers::new().limit(200)).pages();
    /// while let Some(page) = pages.next().await {
    ///     println!("{} users", page?.items.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<P> {
        Pages { next: self.first, ended: false, request: None, call: self }
    }

    /// Reads item after item, page by page as [`pages`](Self::pages) does.
    ///
    /// A list that changes while it is read may yield an item twice or not at all, as pages are counted
    /// from the front. In particular, a loop that removes the items it is given is given half of them: use
    /// [`all`](Self::all) there, which has read the list before anything is removed.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::params::ListUsers;
    ///
    /// let mut users = frontegg.tenant("acme").users().list_users(ListUsers::new()).stream();
    /// while let Some(user) = users.next().await {
    ///     println!("{}", user?.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Items<P> {
        Items { pages: self.pages(), page: VecDeque::new() }
    }

    /// Collects the items of all pages, beginning with the one that the parameters select. For loops that
    /// remove or add what the list is about.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::params::ListUsers;
    ///
    /// let users = frontegg.tenant("acme").users();
    /// for user in users.list_users(ListUsers::new()).all().await? {
    ///     users.remove_user(&user.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn all(self) -> Result<Vec<P::Item>, Error> {
        let (mut all, mut pages) = (Vec::new(), self.pages());
        while let Some(page) = pages.next().await {
            all.extend(page?.into_items());
        }
        Ok(all)
    }

    /// The size of pages of a stream.
    fn page_size(&self) -> Option<i64> {
        match (self.size, self.max_size) {
            (Some(size), Some(max_size)) => Some(size.min(max_size)),
            (size, max_size) => size.or(max_size),
        }
    }

    fn send(&self, page: Option<PageRequest>) -> Sent<P> {
        let send = (self.fetch)(self.client.clone(), page);
        let (operation, context) = (self.operation, Context::new(self.settings.clone()));
        Box::pin(context.run(operation, send))
    }
}

impl<P: Page> Future for PagedCall<P> {
    type Output = Result<P, Error>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let mut sent = self.sent.take().unwrap_or_else(|| self.send(None));
        let polled = sent.as_mut().poll(task);
        if polled.is_pending() {
            self.sent = Some(sent);
        }
        polled.map_ok(Response::into_inner)
    }
}

impl<P> fmt::Debug for PagedCall<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagedCall")
            .field("operation", &self.operation)
            .field("settings", &self.settings)
            .field("first", &self.first)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The pages of a list, one after the other; see [`PagedCall::pages`].
#[must_use = "pages are asked for when they are awaited"]
pub struct Pages<P> {
    call: PagedCall<P>,
    next: i64,
    ended: bool,
    request: Option<Sent<P>>,
}

impl<P: Page> Pages<P> {
    /// The next page; `None` after the last one and after an error.
    pub async fn next(&mut self) -> Option<Result<P, Error>> {
        poll_fn(|task| self.poll(task)).await
    }

    /// The number of the next page, or of the one that could not be read: the `offset` with which another
    /// call continues. Where a list counts entries, the number of those before that page.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::params::ListUsers;
    ///
    /// let users = frontegg.tenant("acme").users();
    /// let mut pages = users.list_users(ListUsers::new()).pages();
    /// while let Some(page) = pages.next().await {
    ///     let Err(error) = page else { continue };
    ///     eprintln!("{error}; later it goes on with page {}", pages.next_page());
    /// }
    /// let rest = users.list_users(ListUsers::new().offset(pages.next_page())).pages();
    /// # Ok(())
    /// # }
    /// ```
    pub fn next_page(&self) -> i64 {
        self.next
    }

    fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<P, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let call = &self.call;
        let page = PageRequest { offset: self.next, size: call.page_size() };
        let request = self.request.get_or_insert_with(|| call.send(Some(page)));
        let outcome = ready!(request.as_mut().poll(task));
        self.request = None;
        let page = match outcome {
            Ok(page) => page.into_inner(),
            Err(error) => {
                self.ended = true;
                return Poll::Ready(Some(Err(error)));
            }
        };
        let is_first = self.next == self.call.first;
        let is_empty = page.items().is_empty();
        let next = following(&page, self.next);
        self.ended = is_empty || next.is_none();
        if is_empty && !is_first {
            return Poll::Ready(None);
        }
        self.next = next.unwrap_or_else(|| after(&page, self.next));
        Poll::Ready(Some(Ok(page)))
    }
}

/// The offset behind a page.
fn after<P: Page>(page: &P, offset: i64) -> i64 {
    offset.saturating_add(match P::UNIT {
        Unit::Pages => 1,
        Unit::Entries => i64::try_from(page.items().len()).unwrap_or(i64::MAX),
    })
}

/// The offset of the page that follows one of that offset; none after the last.
fn following<P: Page>(page: &P, offset: i64) -> Option<i64> {
    let next = after(page, offset);
    if P::UNIT == Unit::Entries {
        return (next < page.total_items()).then_some(next);
    }
    // The count of this page decides: lists grow and shrink while they are read.
    if page.total_pages() > 0 {
        return (next < page.total_pages()).then_some(next);
    }
    // Where pages are not counted, the link to the next one does. One that leads back would have no end.
    linked(page.next_link()?).or(Some(next)).filter(|linked| *linked > offset)
}

/// The page that a link leads to: a query string, or a URL with one.
fn linked(link: &str) -> Option<i64> {
    let query = link.split_once('?').map_or(link, |(_, query)| query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "_offset" || name == "offset")?.1.parse().ok()
}

impl<P: Page> Stream for Pages<P> {
    type Item = Result<P, Error>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(task)
    }
}

impl<P> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("call", &self.call)
            .field("next", &self.next)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// The items of a list, one after the other; see [`PagedCall::stream`].
#[must_use = "items are asked for when they are awaited"]
pub struct Items<P: Page> {
    pages: Pages<P>,
    page: VecDeque<P::Item>,
}

impl<P: Page> Items<P> {
    /// The next item; `None` after the last one and after an error.
    pub async fn next(&mut self) -> Option<Result<P::Item, Error>> {
        poll_fn(|task| self.poll(task)).await
    }

    /// The number of the page that is asked for next, or that could not be read; see
    /// [`Pages::next_page`].
    pub fn next_page(&self) -> i64 {
        self.pages.next_page()
    }

    fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<P::Item, Error>>> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll(task)) {
                Some(Ok(page)) => self.page = page.into_items().into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<P: Page> Stream for Items<P> {
    type Item = Result<P::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(task)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.page.len(), None)
    }
}

impl<P: Page> fmt::Debug for Items<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).field("buffered", &self.page.len()).finish()
    }
}
