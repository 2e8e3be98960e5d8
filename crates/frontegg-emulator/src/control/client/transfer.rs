//! The whole state as streams: neither side has to hold it.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Method, StatusCode};
use hyper::body::{Frame, Incoming};
use tokio::{sync::mpsc, task::spawn_blocking, time::timeout};

use super::{Answer, Control, ControlError, with_query};
use crate::wire::{ExportQuery, Secrets};

/// Bytes of a document that is read at once.
const PIECE: usize = 64 * 1024;

impl Control {
    /// The same as [`Control::export`], written as it comes, e.g. to a file: for a state that is larger than memory. What
    /// was written before a failure is no whole document.
    pub async fn export_to(&self, writer: impl Write + Send + 'static) -> Answer<()> {
        self.export_into(Secrets::LeftOut, writer).await
    }

    /// The same as [`Control::export_with_secrets`], written as it comes.
    pub async fn export_with_secrets_to(&self, writer: impl Write + Send + 'static) -> Answer<()> {
        self.export_into(Secrets::Included, writer).await
    }

    pub(crate) async fn export_into(&self, secrets: Secrets, writer: impl Write + Send + 'static) -> Answer<()> {
        let path = with_query("export", &ExportQuery { secrets: secrets == Secrets::Included })?;
        let request = self.request(Method::GET, &path, Body::empty())?;
        let answer = self.address.send(request, async |response| {
            let (head, mut body) = response.into_parts();
            if !head.status.is_success() {
                return Ok(Err(ControlError::refused(head.status, &collected(body).await?)));
            }
            let mut writer = writer;
            while let Some(piece) = self.piece(&mut body).await? {
                writer = match aside(move || writer.write_all(&piece).map(|()| writer)).await {
                    Ok(writer) => writer,
                    Err(error) => return Ok(Err(ControlError::Document(error))),
                };
            }
            Ok(aside(move || writer.flush()).await.map_err(ControlError::Document))
        });
        answer.await.map_err(|source| self.address.unreachable(source))?
    }

    /// The next piece of a body, as long as they come in time.
    async fn piece(&self, body: &mut Incoming) -> Result<Option<Bytes>, super::exchange::Cause> {
        loop {
            let frame =
                timeout(self.patience, std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)));
            let Some(frame) = frame.await? else { return Ok(None) };
            if let Ok(piece) = frame?.into_data() {
                return Ok(Some(piece));
            }
        }
    }

    /// The same as [`Control::import`], read as it is sent, e.g. from a file: for a document that is larger than memory.
    pub async fn import_from(&self, reader: impl Read + Send + 'static) -> Answer<()> {
        let (pieces, document) = mpsc::channel(1);
        // It ends with the document, or when nobody takes it any more.
        let reading = spawn_blocking(move || read(reader, &pieces));
        let request = self.request(Method::POST, "import", Body::new(Document(document)))?;
        let answer = self.address.send(request, async |response| {
            let (head, body) = response.into_parts();
            Ok((head.status, collected(body).await?))
        });
        let answer = answer.await;
        reading.await.map_err(io::Error::other).and_then(|read| read).map_err(ControlError::Document)?;
        let (status, body): (StatusCode, Bytes) = answer.map_err(|source| self.address.unreachable(source))?;
        if status.is_success() { Ok(()) } else { Err(ControlError::refused(status, &body)) }
    }
}

async fn collected(body: Incoming) -> Result<Bytes, super::exchange::Cause> {
    Ok(axum::body::to_bytes(Body::new(body), usize::MAX).await?)
}

/// Writes where that may wait for a disk.
pub(crate) async fn aside<T: Send + 'static>(write: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    // It fails only when the runtime ends.
    spawn_blocking(write).await.map_err(io::Error::other).and_then(|written| written)
}

/// Reads a document piece by piece. One that breaks off breaks the request as well.
fn read(mut reader: impl Read, pieces: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let next = match reader.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => Ok(Bytes::copy_from_slice(&piece[..length])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // Nobody may be there to be told.
                let _ = pieces.blocking_send(Err(io::ErrorKind::BrokenPipe.into()));
                return Err(error);
            }
        };
        if pieces.blocking_send(next).is_err() {
            return Ok(());
        }
    }
}

/// A document as the body of a request.
struct Document(mpsc::Receiver<io::Result<Bytes>>);

impl HttpBody for Document {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
