//! SHA-256, HMAC and random bytes, by ring.

use super::bytes::to_hex;
use super::with_bytes_or_text;
use crate::raw::with_bytes_mut;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use rquickjs::function::Func;
use rquickjs::{Ctx, Exception, Object, Result, TypedArray, Value};

pub fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let group = Object::new(ctx.clone())?;
    group.set("sha256", Func::from(sha256))?;
    group.set("hmacSha256", Func::from(hmac_sha256))?;
    group.set("fillRandom", Func::from(fill_random))?;
    Ok(group)
}

/// In hexadecimal digits.
fn sha256<'js>(ctx: Ctx<'js>, data: Value<'js>) -> Result<String> {
    with_bytes_or_text(&ctx, &data, |bytes| to_hex(digest::digest(&digest::SHA256, bytes).as_ref()))
}

/// In hexadecimal digits.
fn hmac_sha256<'js>(ctx: Ctx<'js>, key: Value<'js>, data: Value<'js>) -> Result<String> {
    let key = with_bytes_or_text(&ctx, &key, |bytes| hmac::Key::new(hmac::HMAC_SHA256, bytes))?;
    with_bytes_or_text(&ctx, &data, |bytes| to_hex(hmac::sign(&key, bytes).as_ref()))
}

fn fill_random<'js>(ctx: Ctx<'js>, target: TypedArray<'js, u8>) -> Result<()> {
    with_bytes_mut(&target, |bytes| SystemRandom::new().fill(bytes))
        .map_err(|_| Exception::throw_message(&ctx, "the operating system gave no random bytes"))
}
