//! The few synchronous file operations that the extension uses. Files have numbers of this module's own, except for
//! standard output (1) and standard error (2).

use super::with_bytes_or_text;
use crate::system_error::SystemError;
use rquickjs::function::Func;
use rquickjs::{ArrayBuffer, Ctx, Object, Result, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::rc::Rc;

const FIRST_FILE: u32 = 3;
/// O_RDONLY, O_WRONLY or O_RDWR.
const ACCESS_MODES: i32 = 0o3;

#[derive(Default)]
struct OpenFiles(BTreeMap<u32, File>);

type Shared = Rc<RefCell<OpenFiles>>;

impl OpenFiles {
    fn add(&mut self, file: File) -> u32 {
        let number = (FIRST_FILE..).find(|number| !self.0.contains_key(number)).unwrap_or(FIRST_FILE);
        self.0.insert(number, file);
        number
    }

    fn get(&self, number: u32) -> io::Result<&File> {
        self.0.get(&number).ok_or_else(|| io::Error::from_raw_os_error(nix::errno::Errno::EBADF as i32))
    }
}

pub fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let files = Shared::default();
    let group = Object::new(ctx.clone())?;
    let shared = files.clone();
    group.set("open", Func::from(move |ctx: Ctx<'js>, path: String, flags: i32, mode: u32| {
        open(&path, flags, mode)
            .map(|file| shared.borrow_mut().add(file))
            .map_err(|error| SystemError::new(&error, "open", path).throw(&ctx))
    }))?;
    let shared = files.clone();
    group.set("close", Func::from(move |file: u32| {
        shared.borrow_mut().0.remove(&file);
    }))?;
    let shared = files.clone();
    group.set("status", Func::from(move |ctx: Ctx<'js>, file: u32| -> Result<Object<'js>> {
        let status = shared.borrow().get(file).and_then(File::metadata);
        let status = status.map_err(|error| SystemError::new(&error, "fstat", "").throw(&ctx))?;
        let object = Object::new(ctx)?;
        object.set("isFile", status.is_file())?;
        object.set("uid", status.uid())?;
        object.set("size", status.len() as f64)?;
        Ok(object)
    }))?;
    let shared = files.clone();
    group.set("readOpen", Func::from(move |ctx: Ctx<'js>, file: u32| -> Result<ArrayBuffer<'js>> {
        let mut bytes = Vec::new();
        let read = shared.borrow().get(file).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|error| SystemError::new(&error, "read", "").throw(&ctx))?;
        ArrayBuffer::new(ctx, bytes)
    }))?;
    group.set("read", Func::from(|ctx: Ctx<'js>, path: String| -> Result<ArrayBuffer<'js>> {
        let bytes = std::fs::read(&path).map_err(|error| SystemError::new(&error, "open", path).throw(&ctx))?;
        ArrayBuffer::new(ctx, bytes)
    }))?;
    group.set("remove", Func::from(|ctx: Ctx<'js>, path: String| {
        std::fs::remove_file(&path).map_err(|error| SystemError::new(&error, "unlink", path).throw(&ctx))
    }))?;
    group.set("write", Func::from(move |ctx: Ctx<'js>, file: u32, data: Value<'js>| -> Result<()> {
        with_bytes_or_text(&ctx, &data, |bytes| match file {
            1 => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
            2 => io::stderr().write_all(bytes),
            _ => files.borrow().get(file).and_then(|mut file| file.write_all(bytes)),
        })?
        .map_err(|error| SystemError::new(&error, "write", "").throw(&ctx))
    }))?;
    Ok(group)
}

/// With the flags of open(2).
fn open(path: &str, flags: i32, mode: u32) -> io::Result<File> {
    let access = flags & ACCESS_MODES;
    let is_created = flags & nix::fcntl::OFlag::O_CREAT.bits() != 0;
    let is_new = is_created && flags & nix::fcntl::OFlag::O_EXCL.bits() != 0;
    OpenOptions::new()
        .read(access != nix::fcntl::OFlag::O_WRONLY.bits())
        .write(access != nix::fcntl::OFlag::O_RDONLY.bits())
        .create(is_created)
        .create_new(is_new)
        .truncate(false)
        .custom_flags(flags & !ACCESS_MODES)
        .mode(mode)
        .open(path)
}
