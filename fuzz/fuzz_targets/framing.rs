//! Connections: in whatever pieces bytes come, they pass unchanged up to the first doubtful one, and the
//! HTTP library sees the requests, and their bodies, that a plain reading of the same bytes finds.
//!
//! Input: a byte for the size of the pieces, then what comes on the connection.

#![no_main]

use std::{
    cell::RefCell,
    convert::Infallible,
    io,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
};

use frontegg_emulator::fuzzing::{check_head, framed};
use http::{HeaderValue, Request, Response, Version, header, request::Parts};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use tokio::{
    io::{AsyncRead, AsyncReadExt, ReadBuf},
    runtime::{Builder, Runtime},
};

/// What takes the place of a doubtful byte.
const POISON: &[u8] = b"\0\r\n\r\n";

/// As the server has it.
const HEAD_LIMIT: usize = 64 * 1024;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// Bytes that come in pieces of a size.
struct Pieces<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (now, later) = this.bytes.split_at(this.size.min(buffer.remaining()).min(this.bytes.len()));
        buffer.put_slice(now);
        this.bytes = later;
        Poll::Ready(Ok(()))
    }
}

/// A request as the HTTP library sees it; without a body where that does not end.
struct Seen {
    head: Parts,
    body: Option<Bytes>,
}

/// What comes of bytes behind the look-over.
async fn passed(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut read = Vec::new();
    let connection = tokio::io::join(Pieces { bytes, size }, tokio::io::sink());
    framed(connection).read_to_end(&mut read).await.expect("all of it");
    read
}

async fn requests(bytes: &[u8], size: usize) -> Vec<Seen> {
    let seen = RefCell::new(Vec::new());
    let answer = async |request: Request<Incoming>| {
        let (head, body) = request.into_parts();
        let mut answer = Response::new(Empty::<Bytes>::new());
        if head.headers.contains_key(header::TRANSFER_ENCODING) || check_head(&head).is_err() {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let body = body.collect().await.ok().map(http_body_util::Collected::to_bytes);
        seen.borrow_mut().push(Seen { head, body });
        Ok::<_, Infallible>(answer)
    };
    let connection = framed(tokio::io::join(Pieces { bytes, size }, tokio::io::sink()));
    let mut server = http1::Builder::new();
    let server = server.max_buf_size(HEAD_LIMIT).serve_connection(TokioIo::new(connection), service_fn(answer));
    // Errors end the connection, which is as good.
    let _ = server.await;
    seen.into_inner()
}

/// Holds what the library saw against the bytes: each request begins where the one before has ended.
fn compare(mut bytes: &[u8], seen: &[Seen]) {
    for (index, Seen { head, body }) in seen.iter().enumerate() {
        while let Some(rest) = bytes.strip_prefix(b"\r\n") {
            bytes = rest;
        }
        assert!(bytes.starts_with(head.method.as_str().as_bytes()), "another request");
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of a head");
        bytes = &bytes[end + 4..];
        if head.headers.contains_key(header::TRANSFER_ENCODING) {
            assert!(!head.headers.contains_key(header::CONTENT_LENGTH), "two lengths");
            assert_eq!(index + 1, seen.len(), "a request behind one whose end is not looked for");
            return;
        }
        let mut lengths = head.headers.get_all(header::CONTENT_LENGTH).iter();
        let length = lengths.next().map_or(0, |length| length.to_str().expect("digits").parse().expect("a length"));
        assert!(lengths.next().is_none(), "two lengths");
        match body {
            Some(body) => {
                assert_eq!(Some(&body[..]), bytes.get(..length), "another body");
                bytes = &bytes[length..];
            }
            None => {
                assert!(bytes.len() < length, "a body that is whole");
                assert_eq!(index + 1, seen.len(), "a request behind a body that did not end");
            }
        }
    }
}

/// Whoever passes has one host, if any, and a body that comes as it is or in chunks.
fn check(head: &Parts) {
    if check_head(head).is_ok() {
        let hosts = head.headers.get_all(header::HOST).iter().count();
        assert!(hosts == 1 || (hosts == 0 && head.version < Version::HTTP_11));
        let codings = head.headers.get_all(header::TRANSFER_ENCODING).iter();
        let codings = codings.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        let codings: Vec<_> = codings.map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty()).collect();
        assert!(codings.len() <= 1 && codings.iter().all(|coding| coding.eq_ignore_ascii_case(b"chunked")));
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((size, bytes)) = input.split_first() else { return };
    let size = usize::from(*size % 32) + 1;
    let whole = RUNTIME.block_on(passed(bytes, usize::MAX));
    assert_eq!(RUNTIME.block_on(passed(bytes, size)), whole, "pieces make a difference");
    if whole != bytes {
        let good = whole.strip_suffix(POISON).expect("the poison, and nothing behind it");
        assert!(bytes.starts_with(good) && good.len() < bytes.len());
    }
    let seen = RUNTIME.block_on(requests(bytes, size));
    seen.iter().for_each(|seen| check(&seen.head));
    compare(bytes, &seen);
});
