//! URLs by the WHATWG's rules, by the `url` crate.

use rquickjs::function::Func;
use rquickjs::{Ctx, Object, Result};
use url::Url;

pub fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let group = Object::new(ctx.clone())?;
    group.set("parse", Func::from(|text: String| Url::parse(&text).ok().map(|url| parts(&url))))?;
    // The URL with one part changed, or none when it cannot have it.
    group.set("change", Func::from(|text: String, part: String, value: String| -> Option<Vec<String>> {
        let mut url = Url::parse(&text).ok()?;
        change(&mut url, &part, &value)?;
        Some(parts(&url))
    }))?;
    Ok(group)
}

/// href, protocol, username, password, hostname, port, pathname, search, hash, origin.
fn parts(url: &Url) -> Vec<String> {
    let behind = |mark: &str, text: Option<&str>| match text {
        Some(text) if !text.is_empty() => format!("{mark}{text}"),
        _ => String::new(),
    };
    vec![
        url.as_str().to_string(),
        format!("{}:", url.scheme()),
        url.username().to_string(),
        url.password().unwrap_or_default().to_string(),
        url.host_str().unwrap_or_default().to_string(),
        url.port().map(|port| port.to_string()).unwrap_or_default(),
        url.path().to_string(),
        behind("?", url.query()),
        behind("#", url.fragment()),
        url.origin().ascii_serialization(),
    ]
}

fn change(url: &mut Url, part: &str, value: &str) -> Option<()> {
    let optional = |mark: char| Some(value.strip_prefix(mark).unwrap_or(value)).filter(|text| !text.is_empty());
    match part {
        "username" => url.set_username(value).ok(),
        "password" => url.set_password(Some(value).filter(|text| !text.is_empty())).ok(),
        "pathname" => Some(url.set_path(value)),
        "search" => Some(url.set_query(optional('?'))),
        "hash" => Some(url.set_fragment(optional('#'))),
        _ => None,
    }
}
