//! The only file with unsafe code, for what neither the compiler nor a crate can guarantee. Each function says why it
//! is sound; the functions themselves are safe to call.
#![allow(unsafe_code)]
#![cfg_attr(feature = "sanitizer", allow(dead_code))]

use crate::guardian::GAVE_UP;
use dlmalloc::Dlmalloc;
use nix::libc;
use nix::sys::signal::{signal, SigHandler, SigSet, Signal};
use rquickjs::allocator::Allocator;
use rquickjs::{module::Declared, qjs, Ctx, Module, Result, String as JsString, TypedArray};
use std::alloc::{GlobalAlloc, Layout};
use std::borrow::Cow;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Memory for Rust and for the engine, from one heap. The heap of the C library that zig links rounds each object up to
/// a power of two, including sixteen bytes of its own, and maps and unmaps each buffer of 32 KB or more.
///
/// If there is none left, the engine's process ends at once: a program that went on would leave a promise unsettled,
/// and the function would wait for it in vain. The process that Lambda started goes on with its reserve.
///
/// Sound because every call is passed on as it came, or served from the reserve, to which its memory comes back.
pub struct Memory;

static HEAP: Mutex<Dlmalloc> = Mutex::new(Dlmalloc::new());

/// Nobody panics while it is held.
fn heap() -> MutexGuard<'static, Dlmalloc> {
    HEAP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A collection of as small a heap costs as much as serving an invocation.
const SMALL_HEAP_BYTES: usize = 6 * 1024 * 1024;
const MAX_GARBAGE_BYTES: usize = 768 * 1024;
const WORD_BYTES: usize = size_of::<usize>();
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
        let memory = heap().malloc(layout.size(), layout.align());
        obtained(if memory.is_null() { RESERVE.take(layout) } else { memory })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let memory = heap().calloc(layout.size(), layout.align());
        if !memory.is_null() {
            return memory;
        }
        let memory = obtained(RESERVE.take(layout));
        memory.write_bytes(0, layout.size());
        memory
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        if !RESERVE.holds(memory) {
            let moved = heap().realloc(memory, layout.size(), layout.align(), bytes);
            if !moved.is_null() {
                return moved;
            }
        }
        let moved = self.alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
        moved.copy_from_nonoverlapping(memory, layout.size().min(bytes));
        self.dealloc(memory, layout);
        moved
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if RESERVE.holds(memory) {
            RESERVE.give_back(memory, layout);
        } else {
            heap().free(memory, layout.size(), layout.align());
        }
    }
}

/// Memory for when the C library refuses some to the process that Lambda started, which has to register and to poll
/// whatever happens: Lambda fails the function of an extension that ends. It costs nothing until it is touched.
///
/// Sound because a bit of `taken` belongs to one caller from `take` to `give_back`, and each stands for a block of
/// its own.
#[repr(align(1024))]
struct Reserve {
    blocks: UnsafeCell<[u8; RESERVE_BLOCKS * BLOCK_BYTES]>,
    taken: AtomicU64,
    is_open: AtomicBool,
}

const BLOCK_BYTES: usize = 1024;
const RESERVE_BLOCKS: usize = u64::BITS as usize;

static RESERVE: Reserve = Reserve {
    blocks: UnsafeCell::new([0; RESERVE_BLOCKS * BLOCK_BYTES]),
    taken: AtomicU64::new(0),
    is_open: AtomicBool::new(true),
};

unsafe impl Sync for Reserve {}

impl Reserve {
    /// Null if the reserve is closed or too small.
    fn take(&self, layout: Layout) -> *mut u8 {
        let count = Self::blocks_of(layout);
        if self.is_open.load(Ordering::Relaxed) && count < RESERVE_BLOCKS && layout.align() <= BLOCK_BYTES {
            for first in 0..=RESERVE_BLOCKS - count {
                let wanted = Self::bits(first, count);
                let take = |taken| if taken & wanted == 0 { Some(taken | wanted) } else { None };
                if self.taken.fetch_update(Ordering::Acquire, Ordering::Relaxed, take).is_ok() {
                    return unsafe { self.blocks.get().cast::<u8>().add(first * BLOCK_BYTES) };
                }
            }
        }
        std::ptr::null_mut()
    }

    fn give_back(&self, memory: *mut u8, layout: Layout) {
        let first = (memory.addr() - self.blocks.get().addr()) / BLOCK_BYTES;
        self.taken.fetch_and(!Self::bits(first, Self::blocks_of(layout)), Ordering::Release);
    }

    fn holds(&self, memory: *mut u8) -> bool {
        let begin = self.blocks.get().addr();
        (begin..begin + RESERVE_BLOCKS * BLOCK_BYTES).contains(&memory.addr())
    }

    fn blocks_of(layout: Layout) -> usize {
        layout.size().div_ceil(BLOCK_BYTES)
    }

    fn bits(first: usize, count: usize) -> u64 {
        ((1 << count) - 1) << first
    }
}

/// To be called in a process that may end when memory is refused, because another one polls.
pub fn close_reserve() {
    RESERVE.is_open.store(false, Ordering::Relaxed);
}

unsafe impl Allocator for Memory {
    fn alloc(&mut self, bytes: usize) -> *mut u8 {
        obtained(unsafe { heap().c_malloc(bytes) })
    }

    fn calloc(&mut self, count: usize, bytes: usize) -> *mut u8 {
        // The engine multiplies sizes of its own only.
        obtained(unsafe { heap().calloc(count.saturating_mul(bytes), WORD_BYTES) })
    }

    unsafe fn realloc(&mut self, memory: *mut u8, bytes: usize) -> *mut u8 {
        obtained(heap().c_realloc(memory, bytes))
    }

    unsafe fn dealloc(&mut self, memory: *mut u8) {
        heap().c_free(memory);
    }

    /// A chunk of dlmalloc has its size before it, with flags in the lowest bits, and ends with a word of the next.
    unsafe fn usable_size(memory: *mut u8) -> usize {
        let size_and_flags = memory.cast::<usize>().sub(1).read();
        (size_and_flags & !7) - WORD_BYTES
    }
}

/// Memory still in use at the end is not a leak, because the engine is never taken apart.
#[cfg(feature = "sanitizer")]
#[no_mangle]
extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_leaks=0".as_ptr()
}

/// The two sides of `fork`.
pub enum Side {
    Parent { child: nix::unistd::Pid },
    Child,
}

/// Splits the process in two.
///
/// Sound because it is called once, at the top of `main`, before any thread is started: the child inherits no
/// lock that another thread holds. The default action for SIGCHLD runs no code of ours.
pub fn split_process() -> nix::Result<Side> {
    // If whoever starts this program ignores it, the kernel would not tell of the child's death.
    let _ = unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) };
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

/// Ends the process with 0 at SIGTERM and SIGINT, without a thread that waits for them: it would take memory.
///
/// Sound because the handler calls nothing but `_exit`, which may be called at any time.
pub fn end_at_signals() {
    extern "C" fn end(_signal: libc::c_int) {
        unsafe { libc::_exit(0) }
    }
    for number in [Signal::SIGTERM, Signal::SIGINT] {
        let _ = unsafe { signal(number, SigHandler::Handler(end)) };
    }
    let _ = [Signal::SIGTERM, Signal::SIGINT].into_iter().collect::<SigSet>().thread_unblock();
}

/// The engine looks for cycles when the heap has grown by half since the last time. While the heap is small, it is made
/// to look after `MAX_GARBAGE_BYTES` more. `seen`: what this function returned before.
///
/// Sound because the engine does nothing but read and write one number of the runtime that `ctx` is of.
pub fn limit_garbage(ctx: &Ctx<'_>, seen: usize) -> usize {
    let runtime = unsafe { qjs::JS_GetRuntime(ctx.as_raw().as_ptr()) };
    let threshold = unsafe { qjs::JS_GetGCThreshold(runtime) } as usize;
    let kept = threshold / 3 * 2;
    if threshold == seen || kept > SMALL_HEAP_BYTES {
        return threshold;
    }
    let limited = kept + MAX_GARBAGE_BYTES.min(kept / 2);
    unsafe { qjs::JS_SetGCThreshold(runtime, limited as qjs::size_t) };
    limited
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
    use super::{well_formed, Memory, Reserve, BLOCK_BYTES, RESERVE_BLOCKS};
    use rquickjs::allocator::Allocator;
    use std::alloc::Layout;
    use std::cell::UnsafeCell;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    fn bytes(size: usize) -> Layout {
        Layout::array::<u8>(size).expect("a layout")
    }

    #[test]
    fn the_reserve_gives_what_it_has_and_gets_it_back() {
        let reserve = Reserve {
            blocks: UnsafeCell::new([0; RESERVE_BLOCKS * BLOCK_BYTES]),
            taken: AtomicU64::new(0),
            is_open: AtomicBool::new(true),
        };
        for _ in 0..3 {
            let small = reserve.take(bytes(1));
            let large = reserve.take(bytes(60 * BLOCK_BYTES));
            assert!(reserve.holds(small) && reserve.holds(large) && small.addr() + BLOCK_BYTES == large.addr());
            assert!(reserve.take(bytes(4 * BLOCK_BYTES)).is_null());
            assert!(reserve.holds(reserve.take(bytes(3 * BLOCK_BYTES))));
            reserve.give_back(small, bytes(1));
            assert_eq!(reserve.take(bytes(BLOCK_BYTES)), small);
            reserve.taken.store(0, std::sync::atomic::Ordering::Relaxed);
            reserve.give_back(large, bytes(60 * BLOCK_BYTES));
        }
        assert!(!reserve.holds(std::ptr::null_mut()));
        reserve.is_open.store(false, std::sync::atomic::Ordering::Relaxed);
        assert!(reserve.take(bytes(1)).is_null());
    }

    #[test]
    fn the_engine_knows_what_its_memory_holds() {
        for bytes in (0..5_000).chain([100_000, 3_000_000]) {
            let memory = Memory.alloc(bytes);
            let usable = unsafe { Memory::usable_size(memory) };
            assert!((bytes..bytes + 64).contains(&usable), "{usable} of {bytes}");
            unsafe { Memory.dealloc(memory) };
        }
    }

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character() {
        assert_eq!(well_formed(b"a\xed\xa0\x80b"), "a\u{fffd}b");
        assert_eq!(well_formed("\u{d7ff}é😀".as_bytes()), "\u{d7ff}é😀");
    }
}
