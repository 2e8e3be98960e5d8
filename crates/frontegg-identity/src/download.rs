//! Files that operations answer with.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context as Task, Poll},
};

use bytes::{Bytes, BytesMut};
use frontegg_client::{ByteStream, ResponseValue};
use futures_core::Stream;

use crate::error::{Error, ErrorKind};

/// A file that an operation answers with, read as it comes.
///
/// It is a stream of pieces; [`bytes`](Self::bytes) and [`text`](Self::text) put them together. The call's timeouts hold
/// until its last byte has been read, so a long file wants longer ones.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), Box<dyn std::error::Error>> {
/// use std::{fs::File, io::Write, time::Duration};
///
/// use frontegg_identity::{params::ExportAuditsCsv, types::{ExportCsv, Property}};
///
/// let columns = ExportCsv::new([Property::new("Time", "createdAt"), Property::new("Action", "action")]);
/// let long = Duration::from_secs(600);
/// let audits = frontegg.tenant("acme").audits();
/// let mut csv = audits.export_audits_csv(&columns, ExportAuditsCsv::new()).timeout(long).attempt_timeout(long).await?;
///
/// let mut file = File::create("audits.csv")?;
/// while let Some(piece) = csv.next().await {
///     file.write_all(&piece?)?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a file is read when it is awaited"]
pub struct Download(ByteStream);

impl Download {
    /// The file of an answer.
    pub(crate) fn of(answer: ResponseValue<ByteStream>) -> ResponseValue<Self> {
        let (status, headers) = (answer.status(), answer.headers().clone());
        ResponseValue::new(Self(answer.into_inner()), status, headers)
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|task| Pin::new(&mut *self).poll_next(task)).await
    }

    /// The whole file.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole.freeze())
    }

    /// The whole file as text; an error of kind [`Decode`](ErrorKind::Decode) if it is no UTF-8.
    pub async fn text(self) -> Result<String, Error> {
        let bytes = self.bytes().await?;
        String::from_utf8(bytes.into()).map_err(|error| {
            Error::new(ErrorKind::Decode, "the file is no text in UTF-8").caused_by(error.utf8_error())
        })
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let piece = self.0.as_mut().poll_next(task);
        piece.map(|piece| piece.map(|piece| piece.map_err(|error| Error::of_exchange(&error, None))))
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").finish_non_exhaustive()
    }
}
