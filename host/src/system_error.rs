//! Failures as JavaScript sees them: errors with the code, syscall and message that Node.js gives them.

use nix::errno::Errno;
use rquickjs::{Ctx, Error, Exception};
use std::io;

pub struct SystemError {
    pub code: String,
    pub syscall: &'static str,
    /// What the call was about, e.g. an address or a path.
    pub subject: String,
}

impl SystemError {
    pub fn new(error: &io::Error, syscall: &'static str, subject: impl Into<String>) -> Self {
        SystemError { code: code_of(error), syscall, subject: subject.into() }
    }

    /// `connect ECONNREFUSED 127.0.0.1:4318`, as Node.js has it.
    pub fn message(&self) -> String {
        let SystemError { code, syscall, subject } = self;
        format!("{syscall} {code} {subject}").trim_end().to_string()
    }

    pub fn throw(&self, ctx: &Ctx<'_>) -> Error {
        match Exception::from_message(ctx.clone(), &self.message()) {
            Ok(exception) => {
                let object = exception.as_object();
                let named = object.set("code", &self.code).and_then(|()| object.set("syscall", self.syscall));
                match named {
                    Ok(()) => ctx.throw(exception.into_value()),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        }
    }
}

/// `ECONNREFUSED`, `ENOENT`, …: the name of the operating system's error.
fn code_of(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::UnknownErrno) | None => kind_code(error.kind()).to_string(),
        Some(errno) => format!("{errno:?}"),
    }
}

fn kind_code(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::TimedOut => "ETIMEDOUT",
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => "ECONNRESET",
        io::ErrorKind::NotFound => "ENOENT",
        _ => "EIO",
    }
}
