//! All sockets, and the one place where the process waits. Edge-triggered: a connection that has something to
//! do without waiting is in `ready`, and is asked for one event at a time.

use crate::certificates::{client_config, Identity, TrustPaths};
use crate::connection::{Connection, Event};
use crate::system_error::SystemError;
use crate::workers::{Outcome, Workers};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use rustls::ClientConfig;
use signal_hook_mio::v1_0::Signals;
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAKER: Token = Token(0);
const SIGNALS: Token = Token(1);
const FIRST_ID: u32 = 2;
/// The most bytes that one read takes.
const BLOCK_BYTES: usize = 64 * 1024;
/// Node.js's default.
const BACKLOG: i32 = 511;
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(60);
/// When connections are accepted again after one could not be, since there is no further event for those that wait.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// RFC 6761 §6.3.
const LOCALHOST: &str = "localhost";

/// An event from outside: of a socket, a worker or a signal.
pub enum Happening {
    Connection(u32, Event),
    Accepted { listener: u32, connection: u32 },
    Transformed { task: u32, bytes: Result<Vec<u8>, &'static str> },
    Signal(i32),
}

pub struct Network {
    poll: Poll,
    events: Events,
    connections: BTreeMap<u32, Connection>,
    listeners: HashMap<u32, TcpListener>,
    /// Listeners with connections that could not be accepted, because no file descriptor was left.
    unaccepted: BTreeSet<u32>,
    ready: BTreeSet<u32>,
    next_id: u32,
    configs: Vec<Arc<ClientConfig>>,
    trust: TrustPaths,
    pub workers: Workers,
    signals: Option<Signals>,
    block: Vec<u8>,
    /// When the program's next timer is due.
    pub wake_at: Option<Instant>,
    pub immediates: u32,
    pending: Vec<Happening>,
}

pub struct Target<'a> {
    pub host: &'a str,
    pub port: u16,
    pub keep_alive: bool,
    /// A number of `tls_config`, and the name that the certificate must be for.
    pub tls: Option<(u32, &'a str)>,
}

impl Network {
    pub fn new(trust: TrustPaths) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        Ok(Network {
            poll,
            events: Events::with_capacity(64),
            connections: BTreeMap::new(),
            listeners: HashMap::new(),
            unaccepted: BTreeSet::new(),
            ready: BTreeSet::new(),
            next_id: FIRST_ID,
            configs: Vec::new(),
            trust,
            workers: Workers::new(waker),
            signals: None,
            block: Vec::new(),
            wake_at: None,
            immediates: 0,
            pending: Vec::new(),
        })
    }

    /// Waits for an event from outside or the next timer, whichever comes first; returns at once if there is something
    /// to do.
    pub fn wait(&mut self) -> io::Result<()> {
        let timeout = self.timeout();
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        }
        let mut accepting = std::mem::take(&mut self.unaccepted);
        for event in &self.events {
            match event.token() {
                WAKER => {}
                SIGNALS => {
                    let signals = self.signals.as_mut().map(Signals::pending).into_iter().flatten();
                    self.pending.extend(signals.map(Happening::Signal));
                }
                Token(token) => {
                    let id = token as u32;
                    if self.listeners.contains_key(&id) {
                        accepting.insert(id);
                    } else if let Some(connection) = self.connections.get_mut(&id) {
                        connection.is_readable |= event.is_readable() || event.is_read_closed() || event.is_error();
                        connection.is_writable |= event.is_writable() || event.is_write_closed() || event.is_error();
                        self.ready.insert(id);
                    }
                }
            }
        }
        for id in accepting {
            self.accept(id);
        }
        while let Some(outcome) = self.workers.next_outcome() {
            match outcome {
                Outcome::Addresses { connection, name, found } => self.found(connection, &name, found),
                Outcome::Bytes { task, bytes } => self.pending.push(Happening::Transformed { task, bytes }),
            }
        }
        self.give_up_attempts();
        Ok(())
    }

    fn timeout(&self) -> Option<Duration> {
        if self.immediates > 0 || !self.pending.is_empty() {
            return Some(Duration::ZERO);
        }
        if self.ready.iter().any(|id| self.connections.get(id).is_some_and(Connection::is_ready)) {
            return Some(Duration::ZERO);
        }
        let attempts = self.connections.values().filter_map(|connection| connection.attempt_until);
        let again = (!self.unaccepted.is_empty()).then(|| Instant::now() + ACCEPT_AGAIN_AFTER);
        let first = attempts.chain(self.wake_at).chain(again).min()?;
        Some(first.saturating_duration_since(Instant::now()))
    }

    pub fn is_timer_due(&self) -> bool {
        self.wake_at.is_some_and(|at| at <= Instant::now())
    }

    /// Events other than those of connections.
    pub fn take_pending(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.pending)
    }

    pub fn take_ready(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.ready).into_iter().collect()
    }

    /// The next event of a connection that was ready; it stays ready while it may have more.
    pub fn next_event(&mut self, id: u32) -> Option<Event> {
        let connection = self.connections.get_mut(&id)?;
        if !connection.is_ready() {
            return None;
        }
        self.ready.insert(id);
        if self.block.is_empty() {
            self.block = vec![0; BLOCK_BYTES];
        }
        let event = connection.next_event(&mut self.block);
        if event.is_none() && connection.stream.is_none() && !connection.addresses.is_empty() {
            return self.attempt(id).map(Event::Failed);
        }
        event
    }

    fn new_id(&mut self) -> u32 {
        loop {
            let id = self.next_id;
            self.next_id = self.next_id.checked_add(1).unwrap_or(FIRST_ID);
            if !self.connections.contains_key(&id) && !self.listeners.contains_key(&id) {
                return id;
            }
        }
    }

    /// The listener's number and port. `host`: an address, or empty for all of them.
    pub fn listen(&mut self, host: &str, port: u16) -> Result<(u32, u16), SystemError> {
        let subject = || format!("{}:{port}", if host.is_empty() { "::" } else { host });
        let fail = |error: io::Error| SystemError::new(&error, "listen", subject());
        let bound = match host.parse::<IpAddr>() {
            Ok(address) => bind(SocketAddr::new(address, port)),
            Err(_) => bind((Ipv6Addr::UNSPECIFIED, port).into())
                .or_else(|_| bind((Ipv4Addr::UNSPECIFIED, port).into())),
        };
        let mut listener = bound.map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        let id = self.new_id();
        let registry = self.poll.registry();
        registry.register(&mut listener, Token(id as usize), Interest::READABLE).map_err(fail)?;
        self.listeners.insert(id, listener);
        Ok((id, port))
    }

    fn accept(&mut self, listener: u32) {
        loop {
            let accepted = match self.listeners.get(&listener) {
                Some(listener) => listener.accept(),
                None => return,
            };
            match accepted {
                Ok((mut stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    let connection = self.new_id();
                    if self.register(&mut stream, connection).is_ok() {
                        self.connections.insert(connection, Connection::accepted(stream));
                        self.pending.push(Happening::Accepted { listener, connection });
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The client went away again.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(_) => {
                    self.unaccepted.insert(listener);
                    return;
                }
            }
        }
    }

    fn register(&self, stream: &mut TcpStream, id: u32) -> io::Result<()> {
        self.poll.registry().register(stream, Token(id as usize), Interest::READABLE | Interest::WRITABLE)
    }

    /// The results, including failures, are reported as events.
    pub fn connect(&mut self, target: &Target) -> u32 {
        let id = self.new_id();
        let mut connection = Connection::connecting();
        connection.keeps_alive = target.keep_alive;
        self.connections.insert(id, connection);
        if let Some((tls, name)) = target.tls {
            self.start_tls(id, tls, name);
        }
        match target.host.parse::<IpAddr>() {
            Ok(address) => self.dial(id, [SocketAddr::new(address, target.port)]),
            // Not looked up, since an image without a system has no /etc/hosts.
            Err(_) if target.host == LOCALHOST => self.dial(id, loopbacks(target.port)),
            Err(_) => self.workers.look_up(id, target.host.to_string(), target.port),
        }
        id
    }

    fn found(&mut self, id: u32, name: &str, found: io::Result<Vec<SocketAddr>>) {
        match found {
            Ok(addresses) if !addresses.is_empty() => self.dial(id, addresses),
            _ => {
                let error = SystemError { code: "ENOTFOUND".into(), syscall: "getaddrinfo", subject: name.into() };
                self.fail(id, error);
            }
        }
    }

    fn dial(&mut self, id: u32, addresses: impl IntoIterator<Item = SocketAddr>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.addresses = addresses.into_iter().collect();
        if let Some(error) = self.attempt(id) {
            self.fail(id, error);
        }
    }

    /// Tries the remaining addresses until one is on its way; the last one's failure when none is.
    fn attempt(&mut self, id: u32) -> Option<SystemError> {
        loop {
            let connection = self.connections.get_mut(&id)?;
            connection.stream = None;
            let address = connection.addresses.pop_front()?;
            let keeps_alive = connection.keeps_alive;
            let opened = open(address, keeps_alive).and_then(|mut stream| {
                self.register(&mut stream, id)?;
                Ok(stream)
            });
            let connection = self.connections.get_mut(&id)?;
            match opened {
                Ok(stream) => {
                    connection.attempt(stream, address);
                    return None;
                }
                Err(error) if connection.addresses.is_empty() => {
                    connection.fail();
                    return Some(SystemError::new(&error, "connect", address.to_string()));
                }
                Err(_) => {}
            }
        }
    }

    fn give_up_attempts(&mut self) {
        let now = Instant::now();
        let late = |connection: &Connection| {
            connection.is_connecting() && connection.attempt_until.is_some_and(|until| until <= now)
        };
        let ids: Vec<u32> = self.connections.iter().filter(|(_, connection)| late(connection)).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(error) = self.attempt(id) {
                self.fail(id, error);
            }
        }
    }

    fn fail(&mut self, id: u32, error: SystemError) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.fail();
            self.pending.push(Happening::Connection(id, Event::Failed(error)));
        }
    }

    /// Returns a number to connect with, or an error text if the PEM texts are invalid.
    pub fn tls_config(&mut self, identity: &Identity) -> Result<u32, String> {
        self.configs.push(client_config(identity, &self.trust)?);
        Ok(self.configs.len() as u32 - 1)
    }

    pub fn start_tls(&mut self, id: u32, tls: u32, name: &str) {
        let Some(config) = self.configs.get(tls as usize).cloned() else { return };
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match connection.start_tls(config, name) {
            Ok(()) => {
                connection.is_writable = true;
                connection.is_readable = true;
                self.ready.insert(id);
            }
            Err(message) => {
                self.fail(id, SystemError { code: "ERR_INVALID_ARG_VALUE".into(), syscall: "connect", subject: message });
            }
        }
    }

    /// True: all of it is with the operating system.
    pub fn write(&mut self, id: u32, bytes: &[u8]) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return true };
        let is_done = connection.write(bytes);
        self.ready.insert(id);
        is_done
    }

    pub fn end(&mut self, id: u32) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.end();
            self.ready.insert(id);
        }
    }

    pub fn pause(&mut self, id: u32, is_paused: bool) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.is_paused = is_paused;
            self.ready.insert(id);
        }
    }

    /// Closes a connection or a listener. What has not been sent is dropped.
    pub fn close(&mut self, id: u32) {
        self.connections.remove(&id);
        self.listeners.remove(&id);
        self.ready.remove(&id);
    }

    pub fn watch_signal(&mut self, signal: i32) -> io::Result<()> {
        if let Some(signals) = &mut self.signals {
            return signals.add_signal(signal);
        }
        let mut signals = Signals::new([signal])?;
        self.poll.registry().register(&mut signals, SIGNALS, Interest::READABLE)?;
        self.signals = Some(signals);
        Ok(())
    }
}

fn loopbacks(port: u16) -> [SocketAddr; 2] {
    [(Ipv6Addr::LOCALHOST, port).into(), (Ipv4Addr::LOCALHOST, port).into()]
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // "All addresses" includes IPv4; a single IPv6 address does not.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&SockAddr::from(address))?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn open(address: SocketAddr, keeps_alive: bool) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    if keeps_alive {
        SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE_AFTER))?;
    }
    Ok(stream)
}
