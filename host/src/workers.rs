//! Runs work that would hold up the event loop (looking up names, compressing large bodies) in threads of its own,
//! which end with the work. Results come back through the loop.

use mio::Waker;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;

/// `getaddrinfo` of musl and glibc stays far below it.
const STACK_BYTES: usize = 256 * 1024;

pub enum Outcome {
    Addresses { connection: u32, name: String, found: io::Result<Vec<SocketAddr>> },
    Bytes { task: u32, bytes: Result<Vec<u8>, &'static str> },
}

pub struct Workers {
    waker: Arc<Waker>,
    sender: Sender<Outcome>,
    receiver: Receiver<Outcome>,
    tasks: u32,
}

impl Workers {
    pub fn new(waker: Waker) -> Self {
        let (sender, receiver) = channel();
        Workers { waker: Arc::new(waker), sender, receiver, tasks: 0 }
    }

    pub fn look_up(&self, connection: u32, name: String, port: u16) {
        self.run(move || {
            let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
            Outcome::Addresses { connection, name, found }
        });
    }

    /// The number under which the result will be known.
    pub fn transform(&mut self, job: impl FnOnce() -> Result<Vec<u8>, &'static str> + Send + 'static) -> u32 {
        self.tasks = self.tasks.wrapping_add(1);
        let task = self.tasks;
        self.run(move || Outcome::Bytes { task, bytes: job() });
        task
    }

    pub fn next_outcome(&self) -> Option<Outcome> {
        self.receiver.try_recv().ok()
    }

    fn run(&self, job: impl FnOnce() -> Outcome + Send + 'static) {
        let (sender, waker) = (self.sender.clone(), self.waker.clone());
        let job = Arc::new(std::sync::Mutex::new(Some(job)));
        let work = {
            let job = job.clone();
            move || {
                let Some(job) = job.lock().ok().and_then(|mut job| job.take()) else { return };
                // Neither fails while the loop runs, and afterwards nobody waits.
                let _ = sender.send(job());
                let _ = waker.wake();
            }
        };
        if std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).is_ok() {
            return;
        }
        // No thread can be created, so the work is done here: late is better than never.
        if let Some(job) = job.lock().ok().and_then(|mut job| job.take()) {
            let _ = self.sender.send(job());
            let _ = self.waker.wake();
        }
    }
}
