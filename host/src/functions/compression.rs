//! gzip and what undoes it. Large bodies are worked on beside the loop, small ones at once; either way the
//! result comes as `onTransformed`.

use super::with_bytes_or_text;
use crate::engine::SharedNetwork;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::GzEncoder;
use flate2::Compression;
use rquickjs::function::Func;
use rquickjs::{Ctx, Object, Result, Value};
use std::io::{Read, Write};

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
    Ok(group)
}

fn compress(bytes: &[u8], level: u32) -> std::result::Result<Vec<u8>, &'static str> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4 + 64), Compression::new(level.min(9)));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|_| "Z_MEM_ERROR")
}

/// The codes are those of Node.js.
fn decompress(bytes: &[u8], is_gzip: bool, max_bytes: u64) -> std::result::Result<Vec<u8>, &'static str> {
    let mut plain = Vec::new();
    // One byte more tells that it is too much.
    let limit = max_bytes.saturating_add(1);
    let read = if is_gzip {
        MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut plain)
    } else {
        ZlibDecoder::new(bytes).take(limit).read_to_end(&mut plain)
    };
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err("Z_BUF_ERROR"),
        Err(_) => Err("Z_DATA_ERROR"),
        Ok(_) if plain.len() as u64 > max_bytes => Err("ERR_BUFFER_TOO_LARGE"),
        Ok(_) => Ok(plain),
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
    fn more_than_allowed_half_a_stream_and_no_stream_are_told_apart() {
        let packed = compress(&[7; 1000], 6).unwrap();
        assert_eq!(decompress(&packed, true, 999), Err("ERR_BUFFER_TOO_LARGE"));
        assert_eq!(decompress(&packed[..packed.len() - 4], true, 1000), Err("Z_BUF_ERROR"));
        assert_eq!(decompress(b"hello, world, hello", true, 1000), Err("Z_DATA_ERROR"));
        assert_eq!(decompress(&packed, false, 1000), Err("Z_DATA_ERROR"));
    }
}
