//! What the program says on stdout.

use std::io::{self, ErrorKind, Write};

/// Writes to stdout. Whoever reads a part of it only and goes away is no error.
pub(super) fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
