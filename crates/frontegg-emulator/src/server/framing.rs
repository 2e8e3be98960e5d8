//! Looks over what comes in before the HTTP library does.
//!
//! Refuses requests whose end two servers could see at different places (RFC 9112, 6.3 and 11.2).
//! The HTTP library settles such doubts in some way or other; a proxy before it may settle them in
//! another, and then a part of one request is taken for a second one. So whatever is doubtful never
//! reaches it whole: a byte that belongs in no request takes its place, which it answers with 400 and
//! the end of the connection.
//!
//! Ends connections that are too slow with a head: the library knows one time only, which goes for those
//! that are idle as well. And gives an answer the time to arrive where what it answers was not read: a
//! system that closes a connection with bytes unread tells the other side to forget what it has received
//! (RFC 9112, 9.6).

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// Longer lines are not looked at: the library refuses heads of that size.
const LINE_LIMIT: usize = 64 * 1024;

/// No byte of any request, and the end of a head, before which the library does not look.
const POISON: &[u8] = b"\0\r\n\r\n";

/// How long what still comes is read and dropped when a connection ends in the middle of a request.
const LINGER: Duration = Duration::from_secs(2);

/// A connection that is looked over while it is read.
#[derive(Debug)]
pub(crate) struct Framed<S> {
    stream: S,
    scanner: Scanner,
    /// How long a head may take from its first byte on.
    head_timeout: Duration,
    /// The end of the patience with the head that is under way.
    head_deadline: Option<Pin<Box<Sleep>>>,
    /// The end of the patience with what still comes after all was said.
    linger: Option<Pin<Box<Sleep>>>,
}

impl<S> Framed<S> {
    pub(crate) fn new(stream: S, head_timeout: Duration) -> Self {
        Self { stream, scanner: Scanner::default(), head_timeout, head_deadline: None, linger: None }
    }

    /// Takes care of the time of a head, of which a part has come, or all.
    fn time_head(&mut self, heads_before: u64) {
        if !self.scanner.is_within_head() {
            self.head_deadline = None;
        } else if self.head_deadline.is_none() || self.scanner.heads != heads_before {
            self.head_deadline = Some(Box::pin(tokio::time::sleep(self.head_timeout)));
        }
    }
}

impl<S: AsyncRead + Unpin> Framed<S> {
    /// Reads and drops what still comes, until the other side closes as well or has had its time.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        self.linger.as_mut().map_or(Poll::Ready(()), |linger| linger.as_mut().poll(context))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Framed<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let State::Refused(poison) = &mut this.scanner.state {
            pour(poison, buffer);
            return Poll::Ready(Ok(()));
        }
        let (start, heads) = (buffer.filled().len(), this.scanner.heads);
        if Pin::new(&mut this.stream).poll_read(context, buffer)?.is_pending() {
            let Some(deadline) = &mut this.head_deadline else { return Poll::Pending };
            ready!(deadline.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Err(Doubtful(good)) = this.scanner.scan(&buffer.filled()[start..]) {
            // There is room for a part of it, at least in the place of the doubtful byte.
            buffer.set_filled(start + good);
            if let State::Refused(poison) = &mut this.scanner.state {
                pour(poison, buffer);
            }
        }
        this.time_head(heads);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.scanner.is_within_body() {
                return Poll::Ready(Ok(()));
            }
            this.linger = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        this.poll_linger(context).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

/// Hands out as much as there is room for.
fn pour(poison: &mut &'static [u8], buffer: &mut ReadBuf<'_>) {
    let (now, later) = poison.split_at(poison.len().min(buffer.remaining()));
    buffer.put_slice(now);
    *poison = later;
}

/// How many bytes came before the doubtful one.
#[derive(Debug, PartialEq, Eq)]
struct Doubtful(usize);

/// Follows requests as far as their heads and lengths.
#[derive(Debug, Default)]
struct Scanner {
    state: State,
    /// The line of the head that is not over yet.
    line: Vec<u8>,
    /// Whether the line that says what is asked for has come.
    asked: bool,
    length: Option<u64>,
    encoded: bool,
    /// How many heads have come.
    heads: u64,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    /// So many bytes of a body are to come.
    Body(u64),
    /// The rest is the library's affair: the server closes the connection after this request.
    Rest,
    /// Something doubtful came; so much of the poison is still to be handed out.
    Refused(&'static [u8]),
}

impl Scanner {
    fn scan(&mut self, bytes: &[u8]) -> Result<(), Doubtful> {
        let mut place = 0;
        while let Some(rest) = bytes.get(place..).filter(|rest| !rest.is_empty()) {
            match self.state {
                State::Rest | State::Refused(_) => return Ok(()),
                State::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    place += here;
                    let left = left - here as u64;
                    self.state = if left == 0 { State::Head } else { State::Body(left) };
                }
                State::Head => {
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    self.line.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
                    let Some(end) = end else {
                        if self.line.len() > LINE_LIMIT {
                            self.state = State::Rest;
                        }
                        return Ok(());
                    };
                    if self.end_line().is_none() {
                        self.state = State::Refused(POISON);
                        return Err(Doubtful(place + end));
                    }
                    place += end + 1;
                }
            }
        }
        Ok(())
    }

    /// Whether a part of a head has come, and not all.
    fn is_within_head(&self) -> bool {
        matches!(self.state, State::Head) && (self.asked || !self.line.is_empty())
    }

    /// Whether more of a request may come that was answered, or will never be.
    fn is_within_body(&self) -> bool {
        !matches!(self.state, State::Head)
    }

    /// Takes a whole line of a head; nothing when it is doubtful.
    fn end_line(&mut self) -> Option<()> {
        let line = std::mem::take(&mut self.line);
        // A line ends with both, and neither stands within one.
        let line = line.strip_suffix(b"\r").filter(|line| !line.contains(&b'\r'))?;
        if line.is_empty() {
            // Empty lines may come before a request.
            if self.asked {
                self.end_head();
            }
            return Some(());
        }
        if !self.asked {
            self.asked = true;
            return Some(());
        }
        // A blank before the colon, or at the start of a line, is no part of any name.
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.iter().any(u8::is_ascii_whitespace) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let length = std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()?;
            return (!self.encoded && self.length.replace(length).is_none()).then_some(());
        }
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let again = std::mem::replace(&mut self.encoded, true);
            return (!again && self.length.is_none()).then_some(());
        }
        Some(())
    }

    fn end_head(&mut self) {
        let length = self.length.take().unwrap_or_default();
        self.asked = false;
        self.heads += 1;
        self.state = match (self.encoded, length) {
            (true, _) => State::Rest,
            (false, 0) => State::Head,
            (false, length) => State::Body(length),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a request becomes doubtful, in one piece and byte by byte.
    fn doubt(request: &str) -> Option<usize> {
        let whole = Scanner::default().scan(request.as_bytes()).err().map(|Doubtful(good)| good);
        let mut scanner = Scanner::default();
        let pieces = request.as_bytes().chunks(1).position(|byte| scanner.scan(byte).is_err());
        assert_eq!(whole, pieces, "{request:?}");
        whole
    }

    #[test]
    fn what_is_clear_passes() {
        for request in [
            "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n",
            // A body may look as it likes.
            "POST / HTTP/1.1\r\ncontent-length: 22\r\n\r\ncontent-length: 1\n\n\n\n\nGET / HTTP/1.1\r\nx: y\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\nPOST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n",
        ] {
            assert_eq!(doubt(request), None, "{request:?}");
        }
    }

    #[test]
    fn what_is_doubtful_does_not() {
        let start = "POST / HTTP/1.1\r\n";
        for lines in [
            "content-length: 1\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: chunked\r\nContent-Length: 1\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
            "content-length: 1\r\ncontent-length: 1\r\n",
            "content-length: 1\r\ncontent-length: 2\r\n",
            "content-length: 1, 1\r\n",
            "content-length: +1\r\n",
            "content-length:\r\n",
            "content-length : 1\r\n",
            "host: x\n",
            "host: x\rcontent-length: 1\r\n",
            "host: x\r\n y: z\r\n",
            "host\r\n",
        ] {
            let request = format!("{start}{lines}\r\n");
            let place = doubt(&request).unwrap_or_else(|| panic!("{request:?} passes"));
            assert!(place >= start.len() && request.as_bytes()[place] == b'\n', "{request:?}");
        }
        assert_eq!(doubt("GET / HTTP/1.1\nhost: x\r\n\r\n"), Some(14));
    }
}
