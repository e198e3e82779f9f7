//! What the shim can call, as one object of groups: host/shim/host.ts declares the same for TypeScript.

mod bytes;
mod compression;
mod digests;
mod files;
mod patterns;
mod process;
mod protobuf;
mod sockets;
mod urls;

use crate::engine::{SharedNetwork, Start};
use crate::raw::{with_bytes, with_utf8};
use rquickjs::{Ctx, Exception, Object, Result, TypedArray, Value};

pub fn create<'js>(ctx: &Ctx<'js>, start: &Start, network: &SharedNetwork) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    let groups = [
        ("bytes", bytes::create(ctx)?),
        ("compression", compression::create(ctx, network)?),
        ("digests", digests::create(ctx)?),
        ("files", files::create(ctx)?),
        ("patterns", patterns::create(ctx)?),
        ("process", process::create(ctx, start, network)?),
        ("protobuf", protobuf::create(ctx)?),
        ("sockets", sockets::create(ctx, network)?),
        ("urls", urls::create(ctx)?),
    ];
    for (name, group) in groups {
        host.set(name, group)?;
    }
    Ok(host)
}

/// Lends the bytes of a Uint8Array, or the UTF-8 of text.
fn with_bytes_or_text<'js, R>(ctx: &Ctx<'js>, value: &Value<'js>, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
    if let Some(text) = value.as_string() {
        return with_utf8(text.clone(), |text| read(text.as_bytes()));
    }
    let array = TypedArray::<u8>::from_value(value.clone())
        .map_err(|_| Exception::throw_type(ctx, "expected a Uint8Array or text"))?;
    Ok(with_bytes(&array, read))
}
