//! One TCP connection, with or without TLS. It never blocks, and reads only when asked to, so that a paused receiver
//! holds up its sender.

use crate::system_error::SystemError;
use mio::net::TcpStream;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After this time the next address is tried, as in Node.js (autoSelectFamily).
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(250);
/// Memory kept for data that could not be written at once.
const KEPT_OUTGOING_BYTES: usize = 64 * 1024;

pub enum Event {
    Connected,
    Data(Vec<u8>),
    /// The peer sends nothing more.
    Ended,
    /// Everything is sent, and the peer knows that nothing follows.
    Finished,
    /// The operating system has taken everything that was written.
    Drained,
    Failed(SystemError),
}

#[derive(PartialEq)]
enum Stage {
    /// The name is being looked up, or the next address has to be tried.
    Unconnected,
    Connecting,
    Open,
    Failed,
}

pub struct Connection {
    pub stream: Option<TcpStream>,
    stage: Stage,
    /// Addresses to try when the present one fails.
    pub addresses: VecDeque<SocketAddr>,
    pub attempt_until: Option<Instant>,
    address: String,
    tls: Option<Box<ClientConnection>>,
    /// The connection to a proxy, inside of which `tls` runs.
    carrier: Option<Box<ClientConnection>>,
    is_secured: bool,
    outgoing: Vec<u8>,
    sent: usize,
    pub is_readable: bool,
    pub is_writable: bool,
    pub is_paused: bool,
    pub keeps_alive: bool,
    owes_drain: bool,
    is_ending: bool,
    is_finished: bool,
    has_peer_ended: bool,
    /// Decrypted bytes that have not been passed on yet.
    early: Vec<u8>,
}

impl Connection {
    pub fn connecting() -> Self {
        Connection {
            stream: None,
            stage: Stage::Unconnected,
            addresses: VecDeque::new(),
            attempt_until: None,
            address: String::new(),
            tls: None,
            carrier: None,
            is_secured: false,
            outgoing: Vec::new(),
            sent: 0,
            is_readable: false,
            is_writable: false,
            is_paused: false,
            keeps_alive: false,
            owes_drain: false,
            is_ending: false,
            is_finished: false,
            has_peer_ended: false,
            early: Vec::new(),
        }
    }

    pub fn accepted(stream: TcpStream) -> Self {
        Connection { stream: Some(stream), stage: Stage::Open, ..Connection::connecting() }
    }

    /// `stream` is on its way to `address`.
    pub fn attempt(&mut self, stream: TcpStream, address: SocketAddr) {
        self.stream = Some(stream);
        self.stage = Stage::Connecting;
        self.address = address.to_string();
        self.is_readable = false;
        self.is_writable = false;
        self.attempt_until = (!self.addresses.is_empty()).then(|| Instant::now() + ATTEMPT_TIMEOUT);
    }

    pub fn fail(&mut self) {
        self.stage = Stage::Failed;
        self.stream = None;
        self.attempt_until = None;
    }

    pub fn is_connecting(&self) -> bool {
        self.stage == Stage::Connecting
    }

    /// Encrypts everything from now on, inside of what is encrypted already.
    pub fn start_tls(&mut self, config: Arc<ClientConfig>, name: &str) -> Result<(), String> {
        let name = ServerName::try_from(name.to_string()).map_err(|error| error.to_string())?;
        let mut tls = ClientConnection::new(config, name).map_err(|error| error.to_string())?;
        // What may be held is bounded by the extension's own budget.
        tls.set_buffer_limit(None);
        self.carrier = self.tls.replace(Box::new(tls));
        self.is_secured = false;
        self.is_paused = false;
        Ok(())
    }

    /// True if there is something to do without waiting for the operating system.
    pub fn is_ready(&self) -> bool {
        match self.stage {
            Stage::Connecting => self.is_writable,
            Stage::Open => {
                (self.is_readable && !self.is_paused && !self.has_peer_ended)
                    || (self.is_writable && self.wants_to_write())
                    || (self.owes_drain && !self.holds_bytes())
            }
            Stage::Unconnected | Stage::Failed => false,
        }
    }

    fn has_records(&self) -> bool {
        [&self.tls, &self.carrier].into_iter().flatten().any(|tls| tls.wants_write())
    }

    fn holds_bytes(&self) -> bool {
        let is_handshaking = self.tls.is_some() && !self.is_secured;
        self.sent < self.outgoing.len() || self.has_records() || is_handshaking
    }

    fn wants_to_write(&self) -> bool {
        self.sent < self.outgoing.len()
            || self.has_records()
            || (self.is_ending && !self.is_finished && !self.holds_bytes())
    }

    /// True if the operating system has taken all of it; otherwise `Drained` will follow. `next_event` reports
    /// failures.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        if self.is_ending || self.stage == Stage::Failed {
            return true;
        }
        match &mut self.tls {
            // Without a limit it takes everything.
            Some(tls) => {
                let _ = tls.writer().write_all(bytes);
            }
            None => self.outgoing.extend_from_slice(bytes),
        }
        if self.stage == Stage::Open && self.flush().is_err() {
            // The next turn meets the same error and reports it.
            self.is_writable = true;
        }
        self.owes_drain = self.holds_bytes() || self.stage != Stage::Open;
        !self.owes_drain
    }

    /// Tells the peer, after all that was written, that nothing follows.
    pub fn end(&mut self) {
        self.is_ending = true;
    }

    /// Returns what `is_ready` announced, one event at a time; None if there is nothing more for now.
    pub fn next_event(&mut self, block: &mut [u8]) -> Option<Event> {
        match self.stage {
            Stage::Connecting if self.is_writable => self.complete(),
            Stage::Open => self.advance(block).unwrap_or_else(|error| {
                self.fail();
                Some(Event::Failed(error))
            }),
            _ => None,
        }
    }

    /// None while the connection is not open yet, or the next address has to be tried.
    fn complete(&mut self) -> Option<Event> {
        let stream = self.stream.as_ref()?;
        let problem = match stream.take_error() {
            Ok(None) => match stream.peer_addr() {
                Ok(_) => None,
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                    self.is_writable = false;
                    return None;
                }
                Err(error) => Some(error),
            },
            Ok(Some(error)) | Err(error) => Some(error),
        };
        self.attempt_until = None;
        if let Some(error) = problem {
            self.stream = None;
            self.stage = Stage::Unconnected;
            if !self.addresses.is_empty() {
                return None;
            }
            self.stage = Stage::Failed;
            return Some(Event::Failed(SystemError::new(&error, "connect", self.address.as_str())));
        }
        self.stage = Stage::Open;
        self.addresses.clear();
        if self.tls.is_some() { None } else { Some(Event::Connected) }
    }

    fn advance(&mut self, block: &mut [u8]) -> Result<Option<Event>, SystemError> {
        if self.is_writable && self.wants_to_write() {
            self.flush().map_err(|error| SystemError::new(&error, "write", ""))?;
        }
        if self.owes_drain && !self.holds_bytes() {
            self.owes_drain = false;
            return Ok(Some(Event::Drained));
        }
        if self.is_ending && !self.is_finished && !self.holds_bytes() && self.close_writing() {
            return Ok(Some(Event::Finished));
        }
        if !self.is_readable || self.is_paused || self.has_peer_ended {
            return Ok(None);
        }
        match &self.tls {
            Some(_) => self.read_tls(),
            None => self.read_plain(block),
        }
    }

    fn read_plain(&mut self, block: &mut [u8]) -> Result<Option<Event>, SystemError> {
        let Some(stream) = &mut self.stream else { return Ok(None) };
        loop {
            match stream.read(block) {
                Ok(0) => {
                    self.has_peer_ended = true;
                    return Ok(Some(Event::Ended));
                }
                Ok(count) => return Ok(Some(Event::Data(block[..count].to_vec()))),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_readable = false;
                    return Ok(None);
                }
                Err(error) => return Err(SystemError::new(&error, "read", "")),
            }
        }
    }

    fn read_tls(&mut self) -> Result<Option<Event>, SystemError> {
        if !self.early.is_empty() {
            return Ok(Some(Event::Data(std::mem::take(&mut self.early))));
        }
        loop {
            let (Some(stream), Some(tls)) = (&mut self.stream, &mut self.tls) else { return Ok(None) };
            let read = match &mut self.carrier {
                Some(carrier) => tls.read_tls(&mut Carried { carrier, stream }),
                None => tls.read_tls(stream),
            };
            let count = match read {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_readable = false;
                    return Ok(None);
                }
                Err(error) => return Err(SystemError::new(&error, "read", "")),
            };
            let state = match tls.process_new_packets() {
                Ok(state) => state,
                Err(error) => {
                    // The peer is told why, if it still listens.
                    let _ = send_records(tls, self.carrier.as_deref_mut(), stream);
                    return Err(crate::certificates::tls_error(&error));
                }
            };
            let has_ended = count == 0 || state.peer_has_closed();
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            let is_read = plain.is_empty() || tls.reader().read_exact(&mut plain).is_ok();
            let is_connected = !self.is_secured && !tls.is_handshaking();
            self.flush().map_err(|error| SystemError::new(&error, "write", ""))?;
            if is_connected {
                self.is_secured = true;
                // In TLS 1.3 data may come in the flight that ends the handshake.
                self.early = plain;
                return Ok(Some(Event::Connected));
            }
            if is_read && !plain.is_empty() {
                return Ok(Some(Event::Data(plain)));
            }
            if has_ended {
                self.has_peer_ended = true;
                if !self.is_secured {
                    let problem = io::Error::from(io::ErrorKind::ConnectionReset);
                    return Err(SystemError::new(&problem, "read", "before the TLS handshake was done"));
                }
                return Ok(Some(Event::Ended));
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        // What was written before TLS goes first.
        while self.sent < self.outgoing.len() {
            match stream.write(&self.outgoing[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_writable = false;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.sent = 0;
        self.outgoing.clear();
        self.outgoing.shrink_to(KEPT_OUTGOING_BYTES);
        let Some(tls) = &mut self.tls else { return Ok(()) };
        match send_records(tls, self.carrier.as_deref_mut(), stream) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_writable = false;
                Ok(())
            }
            sent => sent,
        }
    }

    /// True once the peer has been told.
    fn close_writing(&mut self) -> bool {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let _ = self.flush();
        }
        let Some(stream) = &self.stream else { return false };
        let _ = stream.shutdown(Shutdown::Write);
        self.is_finished = true;
        true
    }
}

/// Everything that waits to be sent, by way of `carrier` if there is one.
fn send_records(
    tls: &mut ClientConnection,
    carrier: Option<&mut ClientConnection>,
    stream: &mut TcpStream,
) -> io::Result<()> {
    let outermost = match carrier {
        Some(carrier) => {
            while tls.wants_write() {
                // Without a limit it takes everything.
                tls.write_tls(&mut carrier.writer())?;
            }
            carrier
        }
        None => tls,
    };
    while outermost.wants_write() {
        match outermost.write_tls(stream) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What the peer sent through a connection that is encrypted itself.
struct Carried<'a> {
    carrier: &'a mut ClientConnection,
    stream: &'a mut TcpStream,
}

impl Read for Carried<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.carrier.reader().read(target) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if self.carrier.read_tls(self.stream)? == 0 {
                return Ok(0);
            }
            self.carrier.process_new_packets().map_err(io::Error::other)?;
        }
    }
}
