//! Proxies of this process: for tunnels (CONNECT), for plain requests (RFC 9112 §3.2.2), and for SOCKS.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// A proxy that leads every name to one address. It ends with the test.
pub(crate) struct Proxy {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// One for HTTP that asks for these credentials as the header `Proxy-Authorization` has them, if any.
    pub(crate) async fn start(leads_to: String, credentials: Option<&'static str>) -> Self {
        Self::listen(move |stream, asked| forward(stream, leads_to.clone(), credentials, asked)).await
    }

    /// One that speaks SOCKS 5 (RFC 1928).
    #[cfg(feature = "socks")]
    pub(crate) async fn start_socks(leads_to: String) -> Self {
        Self::listen(move |stream, asked| socks(stream, leads_to.clone(), asked)).await
    }

    async fn listen<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> S + Send + Sync + 'static,
        S: Future<Output = Option<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, seen.clone()));
            }
        });
        Self { address, asked }
    }

    /// The first lines of what it was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn forward(
    mut stream: TcpStream,
    leads_to: String,
    credentials: Option<&'static str>,
    asked: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let head = read_head(&mut stream).await?;
    let (first, rest) = head.split_once("\r\n")?;
    asked.lock().unwrap().push(first.to_owned());
    let authorized = credentials.is_none_or(|expected| {
        let mut given = rest.lines().filter_map(|line| line.split_once(": "));
        given.any(|(name, value)| name.eq_ignore_ascii_case("proxy-authorization") && value == expected)
    });
    if !authorized {
        let refusal =
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(refusal.as_bytes()).await.ok()?;
        return Some(());
    }
    let mut target = TcpStream::connect(leads_to).await.ok()?;
    if first.starts_with("CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    } else {
        // `GET http://host/path HTTP/1.1` becomes `GET /path HTTP/1.1`; the next request comes over another connection.
        let (method, rest_of_first) = first.split_once(" http://")?;
        let path = &rest_of_first[rest_of_first.find('/')?..];
        target.write_all(format!("{method} {path}\r\nconnection: close\r\n{rest}").as_bytes()).await.ok()?;
    }
    copy_bidirectional(&mut stream, &mut target).await.ok().map(drop)
}

/// Reads to the end of the head; what comes after it, too, as far as it is there.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8(head).ok()
}

#[cfg(feature = "socks")]
async fn socks(mut stream: TcpStream, leads_to: String, asked: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await.ok()?;
    let mut methods = vec![0; greeting[1].into()];
    stream.read_exact(&mut methods).await.ok()?;
    stream.write_all(&[5, 0]).await.ok()?;
    // Version, CONNECT, reserved, and a name with its length.
    let mut request = [0; 5];
    stream.read_exact(&mut request).await.ok()?;
    assert_eq!(request[..4], [5, 1, 0, 3], "the proxy looks names up");
    let mut name = vec![0; request[4].into()];
    stream.read_exact(&mut name).await.ok()?;
    let port = stream.read_u16().await.ok()?;
    asked.lock().unwrap().push(format!("{}:{port}", String::from_utf8(name).ok()?));
    let mut target = TcpStream::connect(leads_to).await.ok()?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    copy_bidirectional(&mut stream, &mut target).await.ok().map(drop)
}
