//! The two requests of the Lambda Extensions API that are made without the engine: register, before the engine starts,
//! and event/next, after it has ended.
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// The limit for the head of an answer, and for its body, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Lambda answers at once; without an answer in this time, TypeScript tries again.
const REGISTER_TIMEOUT: Duration = Duration::from_secs(2);
/// Before the second attempt, after a 5xx or a connection that failed.
const REGISTER_PAUSE: Duration = Duration::from_millis(50);

pub struct Answer {
    pub status: u16,
    /// Lambda-Extension-Identifier.
    pub identifier: Option<String>,
    pub body: String,
}

pub struct Registration {
    pub identifier: String,
    /// The JSON object that register answered.
    pub body: String,
}

/// Registers for `events`, a JSON list. None if it is in any doubt that this worked. The guardian knows no identifier
/// but this one.
pub fn register(runtime_api: &str, name: &str, events: &str) -> Option<Registration> {
    let payload = format!("{{\"events\":{events}}}");
    let request = format!(
        "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: {runtime_api}\r\n\
         Lambda-Extension-Name: {name}\r\nLambda-Extension-Accept-Feature: accountId\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{payload}",
        payload.len()
    );
    let attempt = || exchange(runtime_api, &request, Some(REGISTER_TIMEOUT));
    let answer = match attempt() {
        Ok(answer) if answer.status < 500 => answer,
        Err(error) if is_timeout(&error) => return None,
        _ => {
            std::thread::sleep(REGISTER_PAUSE);
            attempt().ok()?
        }
    };
    let identifier = answer.identifier.filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()));
    match identifier {
        Some(identifier) if answer.status == 200 && !identifier.is_empty() => {
            Some(Registration { identifier, body: answer.body })
        }
        _ => None,
    }
}

/// Waits for the next event, if necessary for hours.
pub fn next_event(runtime_api: &str, identifier: &str) -> io::Result<Answer> {
    let request = format!(
        "GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: {runtime_api}\r\n\
         Lambda-Extension-Identifier: {identifier}\r\nConnection: close\r\n\r\n"
    );
    exchange(runtime_api, &request, None)
}

fn exchange(runtime_api: &str, request: &str, timeout: Option<Duration>) -> io::Result<Answer> {
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let mut stream = connect(runtime_api, timeout)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(timeout)?;
    stream.write_all(request.as_bytes())?;
    let mut reader = AnswerReader { stream, deadline, bytes: Vec::new() };
    reader.read_answer()
}

/// `host:port`, `[::1]:port` or a host alone.
fn connect(runtime_api: &str, timeout: Option<Duration>) -> io::Result<TcpStream> {
    let has_port = runtime_api.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let authority = if has_port { runtime_api.to_string() } else { format!("{runtime_api}:80") };
    let mut problem = io::Error::new(io::ErrorKind::NotFound, "no address");
    for address in authority.to_socket_addrs()? {
        let connected = match timeout {
            Some(timeout) => TcpStream::connect_timeout(&address, timeout),
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => problem = error,
        }
    }
    Err(problem)
}

struct AnswerReader {
    stream: TcpStream,
    deadline: Option<Instant>,
    bytes: Vec<u8>,
}

impl AnswerReader {
    fn read_answer(&mut self) -> io::Result<Answer> {
        let head_bytes = loop {
            match find(&self.bytes, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None if self.bytes.len() > MAX_HEAD_BYTES => return Err(malformed()),
                None if self.fill()? => {}
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        let head: Vec<u8> = self.bytes.drain(..head_bytes).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(read_status).ok_or_else(malformed)?;
        let (mut identifier, mut length, mut is_chunked) = (None, None, false);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "lambda-extension-identifier" => identifier = Some(value.to_string()),
                "content-length" => length = value.parse::<usize>().ok(),
                "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let body = if is_chunked { self.read_chunks()? } else { self.read_body(length)? };
        Ok(Answer { status, identifier, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// Up to the end of the connection when no length is known.
    fn read_body(&mut self, length: Option<usize>) -> io::Result<Vec<u8>> {
        let wanted = length.unwrap_or(MAX_BODY_BYTES);
        if wanted > MAX_BODY_BYTES {
            return Err(malformed());
        }
        while self.bytes.len() < wanted && self.fill()? {}
        if length.is_some_and(|length| self.bytes.len() < length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.bytes.truncate(wanted);
        Ok(std::mem::take(&mut self.bytes))
    }

    fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line_bytes = loop {
                match find(&self.bytes, b"\r\n") {
                    Some(end) => break end,
                    None if self.bytes.len() <= MAX_HEAD_BYTES && self.fill()? => {}
                    None => return Err(malformed()),
                }
            };
            let line: Vec<u8> = self.bytes.drain(..line_bytes + 2).collect();
            let text = String::from_utf8_lossy(&line);
            let digits = text.split(';').next().unwrap_or("").trim();
            let size = usize::from_str_radix(digits, 16).map_err(|_| malformed())?;
            if size == 0 {
                return Ok(body);
            }
            if size > MAX_BODY_BYTES - body.len() {
                return Err(malformed());
            }
            while self.bytes.len() < size + 2 {
                if !self.fill()? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            body.extend(self.bytes.drain(..size));
            self.bytes.drain(..2);
        }
    }

    /// False at the end of the connection.
    fn fill(&mut self) -> io::Result<bool> {
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
        }
        let mut block = [0; 4096];
        loop {
            match self.stream.read(&mut block) {
                Ok(count) => {
                    self.bytes.extend_from_slice(&block[..count]);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A socket's own timeout is WouldBlock.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

fn read_status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "))?;
    rest.split(' ').next()?.parse().ok()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "expected an HTTP/1.1 answer")
}
