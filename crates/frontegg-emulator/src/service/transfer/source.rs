//! Where the bytes of a document come from: whatever can be read, no more of a row than it may have, and what arrives
//! piece by piece as something to read from.

use std::{
    cell::Cell,
    error::Error as StdError,
    fmt,
    io::{self, Read},
    rc::Rc,
};

use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

/// How many pieces may wait to be read.
const WAITING: usize = 4;

/// Where what arrives is handed in; to drop it says that this was all.
#[derive(Debug)]
pub(crate) struct Feed(mpsc::Sender<Bytes>);

/// What arrives, to be read on a thread that may wait for it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Feed {
    pub(crate) fn new() -> (Self, Incoming) {
        let (sender, pieces) = mpsc::channel(WAITING);
        (Self(sender), Incoming { pieces, piece: Bytes::new() })
    }

    /// Hands in a piece once there is room for it. False where nobody reads any more.
    pub(crate) async fn hand_in(&self, piece: Bytes) -> bool {
        self.0.send(piece).await.is_ok()
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let Some(piece) = self.pieces.blocking_recv() else { return Ok(0) };
            self.piece = piece;
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// How many bytes may still be read of what is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowance(Rc<Cell<usize>>);

impl Allowance {
    pub(super) fn set(&self, bytes: usize) {
        self.0.set(bytes);
    }
}

/// Reads no more than is allowed.
#[derive(Debug)]
pub(super) struct Metered<R> {
    pub(super) source: R,
    pub(super) allowance: Allowance,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.0.get();
        if left == 0 {
            return Err(io::Error::other(TooLong));
        }
        let length = self.source.read(buffer)?;
        self.allowance.0.set(left.saturating_sub(length));
        Ok(length)
    }
}

/// That something is longer than it may be.
#[derive(Debug)]
pub(super) struct TooLong;

impl TooLong {
    pub(super) fn is_cause_of(error: &io::Error) -> bool {
        error.get_ref().and_then(|cause| cause.downcast_ref::<Self>()).is_some()
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too long")
    }
}

impl StdError for TooLong {}
