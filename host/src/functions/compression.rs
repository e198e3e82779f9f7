//! gzip and gunzip outside of the event loop: the result comes with `onTransformed`. Small bodies can be inflated at
//! once.

use super::with_bytes_or_text;
use crate::engine::SharedNetwork;
use flate2::bufread::GzDecoder;
use flate2::read::ZlibDecoder;
use flate2::write::GzEncoder;
use flate2::Compression;
use rquickjs::function::Func;
use rquickjs::{ArrayBuffer, Ctx, IntoJs, Object, Result, Value};
use std::io::{self, Read, Write};

/// The first bytes of a gzip member; other bytes after the last member are ignored, as in Node.js.
const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];

pub fn create<'js>(ctx: &Ctx<'js>, network: &SharedNetwork) -> Result<Object<'js>> {
    let group = Object::new(ctx.clone())?;
    let shared = network.clone();
    let gzip = move |ctx: Ctx<'js>, body: Value<'js>, level: u32| -> Result<u32> {
        let bytes = with_bytes_or_text(&ctx, &body, <[u8]>::to_vec)?;
        Ok(shared.borrow_mut().workers.transform(move || compress(&bytes, level)))
    };
    group.set("gzip", Func::from(gzip))?;
    let shared = network.clone();
    let expand = move |ctx: Ctx<'js>, body: Value<'js>, format: String, max_bytes: f64| -> Result<u32> {
        let bytes = with_bytes_or_text(&ctx, &body, <[u8]>::to_vec)?;
        let is_gzip = format == "gzip";
        Ok(shared.borrow_mut().workers.transform(move || decompress(&bytes, is_gzip, max_bytes as u64)))
    };
    group.set("decompress", Func::from(expand))?;
    let expand_at_once = |ctx: Ctx<'js>, body: Value<'js>, max_bytes: f64| -> Result<Value<'js>> {
        match with_bytes_or_text(&ctx, &body, |bytes| decompress(bytes, true, max_bytes as u64))? {
            Ok(plain) => ArrayBuffer::new(ctx.clone(), plain)?.into_js(&ctx),
            Err(problem) => problem.into_js(&ctx),
        }
    };
    group.set("gunzipAtOnce", Func::from(expand_at_once))?;
    Ok(group)
}

fn compress(bytes: &[u8], level: u32) -> std::result::Result<Vec<u8>, &'static str> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4 + 64), Compression::new(level.min(9)));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|_| "Z_MEM_ERROR")
}

/// The codes are those of Node.js.
fn decompress(bytes: &[u8], is_gzip: bool, max_bytes: u64) -> std::result::Result<Vec<u8>, &'static str> {
    let mut plain = Vec::new();
    // One byte more shows that it is too much.
    let limit = max_bytes.saturating_add(1);
    let read = if is_gzip {
        read_members(bytes, limit, &mut plain)
    } else {
        ZlibDecoder::new(bytes).take(limit).read_to_end(&mut plain).map(|_| ())
    };
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err("Z_BUF_ERROR"),
        Err(_) => Err("Z_DATA_ERROR"),
        Ok(_) if plain.len() as u64 > max_bytes => Err("ERR_BUFFER_TOO_LARGE"),
        Ok(_) => Ok(plain),
    }
}

/// Reads at most `limit` bytes from all members together.
fn read_members(bytes: &[u8], limit: u64, plain: &mut Vec<u8>) -> io::Result<()> {
    let mut rest = bytes;
    loop {
        let mut member = GzDecoder::new(rest);
        member.by_ref().take(limit - plain.len() as u64).read_to_end(plain)?;
        rest = member.into_inner();
        if plain.len() as u64 == limit || !rest.starts_with(&GZIP_MARK) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{compress, decompress};

    #[test]
    fn what_is_compressed_comes_back() {
        let text = b"lambda ".repeat(10_000);
        let packed = compress(&text, 1).unwrap();
        assert!(packed.len() < text.len() / 20);
        assert_eq!(decompress(&packed, true, 70_000).unwrap(), text);
    }

    #[test]
    fn members_follow_each_other_and_what_is_none_is_passed_over() {
        let members = [compress(b"a", 1).unwrap(), compress(b"bc", 1).unwrap(), vec![0; 9]].concat();
        assert_eq!(decompress(&members, true, 3).unwrap(), b"abc");
        assert_eq!(decompress(&members, true, 2), Err("ERR_BUFFER_TOO_LARGE"));
    }

    #[test]
    fn more_than_allowed_half_a_stream_and_no_stream_are_told_apart() {
        let packed = compress(&[7; 1000], 6).unwrap();
        assert_eq!(decompress(&packed, true, 999), Err("ERR_BUFFER_TOO_LARGE"));
        assert_eq!(decompress(&packed[..packed.len() - 4], true, 1000), Err("Z_BUF_ERROR"));
        assert_eq!(decompress(b"hello, world, hello", true, 1000), Err("Z_DATA_ERROR"));
        assert_eq!(decompress(&packed, false, 1000), Err("Z_DATA_ERROR"));
    }
}
