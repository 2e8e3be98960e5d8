//! Requests byte by byte, and answers as they come.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::World;

/// What came over a connection until it was closed.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) String);

impl World {
    /// Sends bytes and reads until the other side closes.
    pub(crate) async fn exchange(&self, request: &str) -> Bytes {
        let mut stream = TcpStream::connect(self.emulator.address()).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut bytes = Vec::new();
        // A reset is an end as well.
        while let Ok(1..) = stream.read_buf(&mut bytes).await {}
        Bytes(String::from_utf8(bytes).expect("text"))
    }

    /// A GET after which the connection is to be closed.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> Bytes {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")).await
    }
}

impl Bytes {
    /// The status of the first answer; 0 when there is none.
    pub(crate) fn status(&self) -> u16 {
        let word = self.0.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        word.map_or(0, |word| word.parse().expect("a status"))
    }

    /// How many answers there are.
    pub(crate) fn answers(&self) -> usize {
        self.0.matches("HTTP/1.1 ").count()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }

    /// Everything behind the head.
    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}
