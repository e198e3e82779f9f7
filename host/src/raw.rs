//! The only file with unsafe code: what neither the compiler nor a crate can promise. Each function states
//! what makes it sound; the functions themselves are safe to call.
#![allow(unsafe_code)]

use crate::guardian::GAVE_UP;
use nix::libc;
use nix::sys::signal::{signal, SigHandler, Signal};
use rquickjs::allocator::Allocator;
use rquickjs::{module::Declared, Ctx, Module, Result, String as JsString, TypedArray};
use std::alloc::{GlobalAlloc, Layout, System};
use std::borrow::Cow;

/// The C library's memory, for Rust and for the engine. Where there is none left the process ends at once: a
/// program that goes on without what it asked for loses a promise, and the function waits for it in vain.
///
/// Sound because every call is passed on as it came, and only an answer that is memory comes back.
pub struct Memory;

const NO_MEMORY: &[u8] =
    b"{\"level\":\"error\",\"message\":\"no memory is left; the function runs without telemetry\",\"extension\":\"lambda-otlp\"}\n";

/// Asks for no memory itself.
fn obtained<T>(memory: *mut T) -> *mut T {
    if memory.is_null() {
        let _ = nix::unistd::write(std::io::stderr(), NO_MEMORY);
        unsafe { libc::_exit(GAVE_UP) }
    }
    memory
}

unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        obtained(System.alloc(layout))
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        obtained(System.alloc_zeroed(layout))
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        obtained(System.realloc(memory, layout, bytes))
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        System.dealloc(memory, layout);
    }
}

unsafe impl Allocator for Memory {
    fn alloc(&mut self, bytes: usize) -> *mut u8 {
        obtained(unsafe { libc::malloc(bytes) }).cast()
    }

    fn calloc(&mut self, count: usize, bytes: usize) -> *mut u8 {
        obtained(unsafe { libc::calloc(count, bytes) }).cast()
    }

    unsafe fn realloc(&mut self, memory: *mut u8, bytes: usize) -> *mut u8 {
        obtained(libc::realloc(memory.cast(), bytes)).cast()
    }

    unsafe fn dealloc(&mut self, memory: *mut u8) {
        libc::free(memory.cast());
    }

    unsafe fn usable_size(memory: *mut u8) -> usize {
        libc::malloc_usable_size(memory.cast())
    }
}

/// The two sides of `fork`.
pub enum Side {
    Parent { child: nix::unistd::Pid },
    Child,
}

/// Splits the process in two.
///
/// Sound because it is called once, at the top of `main`, before any thread is started: the child inherits no
/// lock that another thread holds.
pub fn split_process() -> nix::Result<Side> {
    match unsafe { nix::unistd::fork() }? {
        nix::unistd::ForkResult::Parent { child } => Ok(Side::Parent { child }),
        nix::unistd::ForkResult::Child => Ok(Side::Child),
    }
}

/// Lets a fault end the process at once. Rust's own handler, which tells of a stack overflow, would let a first
/// SIGSEGV that another process sent pass.
///
/// Sound because the default action runs no code of ours.
pub fn restore_fault_signals() {
    for fault in [Signal::SIGSEGV, Signal::SIGBUS] {
        let _ = unsafe { signal(fault, SigHandler::SigDfl) };
    }
}

/// Lends the bytes of `array`, none if it is detached.
///
/// Sound because QuickJS runs in one thread and moves or frees the memory only when JavaScript runs: callers
/// pass functions that neither run JavaScript nor keep the slice.
pub fn with_bytes<R>(array: &TypedArray<'_, u8>, read: impl FnOnce(&[u8]) -> R) -> R {
    match array.as_raw() {
        Some(bytes) => read(unsafe { bytes.as_ref() }),
        None => read(&[]),
    }
}

/// As `with_bytes`, for writing. `write` must not reach another view of the same memory; `copy_bytes` may.
pub fn with_bytes_mut<R>(array: &TypedArray<'_, u8>, write: impl FnOnce(&mut [u8]) -> R) -> R {
    match array.as_raw() {
        Some(mut bytes) => write(unsafe { bytes.as_mut() }),
        None => write(&mut []),
    }
}

/// Copies `source[from..to]` to `target[at..]`, as much as there is and fits; the two may share memory.
pub fn copy_bytes(
    source: (&TypedArray<'_, u8>, usize, usize),
    target: (&TypedArray<'_, u8>, usize),
) -> usize {
    let (source, from, to) = source;
    let (target, at) = target;
    let (Some(source), Some(target)) = (source.as_raw(), target.as_raw()) else { return 0 };
    let available = to.min(source.len()).saturating_sub(from);
    let count = available.min(target.len().saturating_sub(at));
    if count > 0 {
        // In bounds by the two lines above; `copy` allows an overlap.
        unsafe {
            let from = source.as_ptr().cast::<u8>().add(from);
            std::ptr::copy(from, target.as_ptr().cast::<u8>().add(at), count);
        }
    }
    count
}

/// Lends the UTF-8 of `text`; a surrogate without its other half becomes U+FFFD, as Node.js writes it.
///
/// Sound because the text is held until `read` is done, and because what QuickJS calls UTF-8 is checked.
pub fn with_utf8<R>(text: JsString<'_>, read: impl FnOnce(&str) -> R) -> Result<R> {
    let held = text.to_cstring()?;
    let bytes = unsafe { std::slice::from_raw_parts(held.as_ptr().cast::<u8>(), held.len()) };
    Ok(read(&well_formed(bytes)))
}

/// QuickJS leaves a lone surrogate as the three bytes that its code point would have: U+FFFD has three too.
fn well_formed(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut replaced = bytes.to_vec();
    for at in 0..replaced.len().saturating_sub(2) {
        if replaced[at] == 0xed && replaced[at + 1] >= 0xa0 {
            replaced[at..at + 3].copy_from_slice("\u{fffd}".as_bytes());
        }
    }
    Cow::Owned(String::from_utf8_lossy(&replaced).into_owned())
}

/// The module that `compile` of this binary wrote.
///
/// QuickJS trusts bytecode. Sound because it comes from the layer's own folder, which only whoever deploys the
/// layer can write, and is built together with this binary; a file cut short is refused by QuickJS itself.
pub fn load_module<'js>(ctx: &Ctx<'js>, bytecode: &[u8]) -> Result<Module<'js, Declared>> {
    unsafe { Module::load(ctx.clone(), bytecode) }
}

#[cfg(test)]
mod tests {
    use super::well_formed;

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character() {
        assert_eq!(well_formed(b"a\xed\xa0\x80b"), "a\u{fffd}b");
        assert_eq!(well_formed("\u{d7ff}é😀".as_bytes()), "\u{d7ff}é😀");
    }
}
