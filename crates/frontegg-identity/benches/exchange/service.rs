//! A service with three answers: in a process of its own, so that its work is not in what the process of a bench has
//! used, or on threads of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

/// How many pages a paged list has.
pub(crate) const PAGES: usize = 10;

/// What a bench's own program is given to be the service.
const ROLE: &str = "be-the-service";

/// A service that runs. It ends with this.
pub(crate) struct Service {
    pub(crate) url: String,
    process: Child,
}

impl Service {
    /// Starts one that answers with so many roles.
    pub(crate) fn start(roles: usize) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.args([ROLE, &roles.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the service");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut url).expect("an address");
        Self { url: url.trim().to_owned(), process }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is the service, if this process was started to be one; never returns then.
pub(crate) fn serve_if_told() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(told) = arguments.iter().position(|argument| argument == ROLE) else { return };
    serve(arguments[told + 1].parse().expect("a number of roles"))
}

fn serve(roles: usize) -> ! {
    println!("{}", listen(roles));
    // Whoever started it may end without a word.
    let _ = std::io::stdin().read(&mut [0]);
    std::process::exit(0)
}

/// Answers on threads of this process with so many roles, as long as that lives; returns where.
pub(crate) fn listen(roles: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answers = Arc::new(Answers::with(roles));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = answers.clone();
            thread::spawn(move || exchange(stream, &answers));
        }
    });
    url
}

/// The responses of the service, as they are sent.
struct Answers {
    token: Vec<u8>,
    list: Vec<u8>,
    page: Vec<u8>,
}

impl Answers {
    fn with(roles: usize) -> Self {
        let list = list(roles);
        let total = roles * PAGES;
        let page = format!(r#"{{"items":{list},"_metadata":{{"totalItems":{total},"totalPages":{PAGES}}}}}"#);
        Self { token: answer(r#"{"token":"t","expiresIn":86400}"#), list: answer(&list), page: answer(&page) }
    }
}

fn list(roles: usize) -> String {
    let role = |index| {
        format!(
            r#"{{"id":"r-{index}","vendorId":"v","tenantId":null,"key":"role-{index}","name":"Role {index}","isDefault":false,"firstUserRole":false,"level":0,"permissions":["p-1","p-2","p-3"],"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}}"#
        )
    };
    format!("[{}]", (0..roles).map(role).collect::<Vec<_>>().join(","))
}

/// With about the headers that the vendor sends.
fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {length}\r\nfrontegg-trace-id: 0af7651916cd43dd8448eb211c80319c\r\n\
         cache-control: no-store\r\nvary: Origin\r\n\r\n{body}"
    )
    .into_bytes()
}

fn exchange(mut stream: TcpStream, answers: &Answers) {
    // What is sent at once is one answer.
    stream.set_nodelay(true).expect("a connection");
    let mut buffer = vec![0; 16 * 1024];
    let mut held = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer[held..]) {
        held += read;
        // One request at a time comes over a connection; the only one with a body asks for the token.
        let request = &buffer[..held];
        let is_whole =
            if request.starts_with(b"POST") { request.ends_with(b"}") } else { request.ends_with(b"\r\n\r\n") };
        if is_whole {
            let answer = match request {
                [b'P', ..] => &answers.token,
                _ if request.windows(3).take(80).any(|part| part == b"/v2") => &answers.page,
                _ => &answers.list,
            };
            held = 0;
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}
