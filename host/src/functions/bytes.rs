//! Converts text to bytes and back, and searches and copies bytes. Positions outside an array are cut to its ends;
//! nothing here fails unless memory runs out.

use crate::raw::{copy_bytes, with_bytes, with_bytes_mut, with_utf8};
use rquickjs::function::Func;
use rquickjs::{ArrayBuffer, Ctx, IntoJs, Object, Result, String as JsString, TypedArray, Value};

type Bytes<'js> = TypedArray<'js, u8>;

pub fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let group = Object::new(ctx.clone())?;
    group.set("utf8Length", Func::from(|text: JsString<'js>| with_utf8(text, str::len)))?;
    group.set("fromUtf8", Func::from(from_utf8))?;
    group.set("writeUtf8", Func::from(write_utf8))?;
    group.set("readUtf8", Func::from(read_utf8))?;
    group.set("writeLatin1", Func::from(write_latin1))?;
    group.set("readLatin1", Func::from(read_latin1))?;
    group.set("writeHex", Func::from(write_hex))?;
    group.set("readHex", Func::from(read_hex))?;
    group.set("indexOf", Func::from(index_of))?;
    group.set("copy", Func::from(copy))?;
    Ok(group)
}

fn from_utf8<'js>(ctx: Ctx<'js>, text: JsString<'js>) -> Result<ArrayBuffer<'js>> {
    with_utf8(text, |text| ArrayBuffer::new_copy(ctx, text.as_bytes()))?
}

/// Writes as many whole characters as fit and returns the number of bytes.
fn write_utf8<'js>(target: Bytes<'js>, at: usize, text: JsString<'js>) -> Result<usize> {
    with_utf8(text, |text| {
        with_bytes_mut(&target, |target| {
            let room = target.get_mut(at..).unwrap_or_default();
            let mut count = text.len().min(room.len());
            while !text.is_char_boundary(count) {
                count -= 1;
            }
            room[..count].copy_from_slice(&text.as_bytes()[..count]);
            count
        })
    })
}

/// Invalid UTF-8 becomes U+FFFD by the WHATWG's rules.
fn read_utf8<'js>(ctx: Ctx<'js>, source: Bytes<'js>, from: usize, to: usize) -> Result<Value<'js>> {
    let text = with_bytes(&source, |bytes| String::from_utf8_lossy(part(bytes, from, to)).into_js(&ctx));
    text
}

/// The low bytes of as many UTF-16 units as fit.
fn write_latin1<'js>(target: Bytes<'js>, at: usize, text: JsString<'js>) -> Result<usize> {
    with_utf8(text, |text| {
        with_bytes_mut(&target, |target| {
            let room = target.get_mut(at..).unwrap_or_default();
            if text.is_ascii() {
                let count = text.len().min(room.len());
                room[..count].copy_from_slice(&text.as_bytes()[..count]);
                return count;
            }
            let units = text.encode_utf16();
            room.iter_mut().zip(units).map(|(byte, unit)| *byte = unit as u8).count()
        })
    })
}

fn read_latin1<'js>(ctx: Ctx<'js>, source: Bytes<'js>, from: usize, to: usize) -> Result<Value<'js>> {
    with_bytes(&source, |bytes| {
        let bytes = part(bytes, from, to);
        match std::str::from_utf8(bytes) {
            Ok(text) if text.len() == bytes.len() && bytes.is_ascii() => text.into_js(&ctx),
            _ => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_js(&ctx),
        }
    })
}

/// Stops at the first pair that is not a hexadecimal number.
fn write_hex<'js>(target: Bytes<'js>, at: usize, digits: JsString<'js>) -> Result<usize> {
    with_utf8(digits, |digits| {
        with_bytes_mut(&target, |target| {
            let room = target.get_mut(at..).unwrap_or_default();
            room.iter_mut().zip(hex_bytes(digits)).map(|(byte, value)| *byte = value).count()
        })
    })
}

pub fn hex_bytes(digits: &str) -> impl Iterator<Item = u8> + '_ {
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map_while(|pair| Some(hex_value(pair[0])? << 4 | hex_value(pair[1])?))
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn read_hex<'js>(ctx: Ctx<'js>, source: Bytes<'js>, from: usize, to: usize) -> Result<Value<'js>> {
    with_bytes(&source, |bytes| to_hex(part(bytes, from, to)).into_js(&ctx))
}

pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Returns -1 if it is not found.
fn index_of<'js>(source: Bytes<'js>, wanted: JsString<'js>, from: usize) -> Result<i64> {
    with_utf8(wanted, |wanted| {
        with_bytes(&source, |bytes| {
            let found = memchr::memmem::find(bytes.get(from..).unwrap_or_default(), wanted.as_bytes());
            found.map_or(-1, |index| (from + index) as i64)
        })
    })
}

fn copy<'js>(source: Bytes<'js>, target: Bytes<'js>, at: usize, from: usize, to: usize) -> usize {
    copy_bytes((&source, from, to), (&target, at))
}

fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    let to = to.min(bytes.len());
    &bytes[from.min(to)..to]
}
