//! Users' patterns, run by the `regex` crate in time that is linear in the text, whatever the pattern.

use crate::raw::with_utf8;
use regex::{Regex, RegexBuilder};
use rquickjs::function::Func;
use rquickjs::{Ctx, Exception, Object, Result, String as JsString, TypedArray};
use std::cell::RefCell;
use std::rc::Rc;

/// The limit for a compiled pattern; one that repeats a repetition a thousand times is refused.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;

pub fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let patterns: Rc<RefCell<Vec<Regex>>> = Rc::default();
    let group = Object::new(ctx.clone())?;
    let shared = patterns.clone();
    group.set("compile", Func::from(move |ctx: Ctx<'js>, source: String| -> Result<usize> {
        let built = RegexBuilder::new(&source).size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).build();
        let pattern = built.map_err(|error| Exception::throw_syntax(&ctx, &error.to_string()))?;
        let mut patterns = shared.borrow_mut();
        patterns.push(pattern);
        Ok(patterns.len() - 1)
    }))?;
    // Begin and end of each match, one after the other, in UTF-16 units.
    group.set("findAll", Func::from(move |ctx: Ctx<'js>, pattern: usize, text: JsString<'js>| -> Result<TypedArray<'js, u32>> {
        let patterns = patterns.borrow();
        let pattern = patterns.get(pattern).ok_or_else(|| Exception::throw_range(&ctx, "expected a compiled pattern"))?;
        let places = with_utf8(text, |text| find_all(pattern, text))?;
        TypedArray::new(ctx, places)
    }))?;
    Ok(group)
}

fn find_all(pattern: &Regex, text: &str) -> Vec<u32> {
    let is_ascii = text.is_ascii();
    let mut places = Vec::new();
    let (mut bytes, mut units) = (0, 0);
    let mut to_units = |at: usize| {
        if is_ascii {
            return at as u32;
        }
        units += text[bytes..at].encode_utf16().count() as u32;
        bytes = at;
        units
    };
    for found in pattern.find_iter(text) {
        places.push(to_units(found.start()));
        places.push(to_units(found.end()));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::find_all;
    use regex::Regex;

    #[test]
    fn places_are_counted_in_utf16_units() {
        let pattern = Regex::new("b+").unwrap();
        assert_eq!(find_all(&pattern, "abb b"), [1, 3, 4, 5]);
        assert_eq!(find_all(&pattern, "é😀bb😀b"), [3, 5, 7, 8]);
    }
}
