//! TCP and TLS sockets, identified by numbers; their events are reported by calling handlers.

use super::with_bytes_or_text;
use crate::certificates::Identity;
use crate::engine::SharedNetwork;
use crate::network::Target;
use rquickjs::function::Func;
use rquickjs::{Ctx, Exception, Object, Result, Value};

pub fn create<'js>(ctx: &Ctx<'js>, network: &SharedNetwork) -> Result<Object<'js>> {
    let group = Object::new(ctx.clone())?;
    let shared = network.clone();
    group.set("listen", Func::from(move |ctx: Ctx<'js>, host: String, port: u16| -> Result<Vec<u32>> {
        let bound = shared.borrow_mut().listen(&host, port);
        bound.map(|(id, port)| vec![id, port.into()]).map_err(|error| error.throw(&ctx))
    }))?;
    let shared = network.clone();
    group.set("connect", Func::from(move |host: String, port: u16, keep_alive: bool| {
        shared.borrow_mut().connect(&Target { host: &host, port, keep_alive, tls: None })
    }))?;
    let shared = network.clone();
    group.set("connectTls", Func::from(move |host: String, port: u16, keep_alive: bool, tls: u32, name: String| {
        shared.borrow_mut().connect(&Target { host: &host, port, keep_alive, tls: Some((tls, &name)) })
    }))?;
    let shared = network.clone();
    group.set("tlsConfig", Func::from(move |ctx: Ctx<'js>, authorities: String, more: String, certificate: String, key: String| {
        let identity = Identity { authorities: &authorities, more: &more, certificate: &certificate, key: &key };
        let made = shared.borrow_mut().tls_config(&identity);
        made.map_err(|message| Exception::throw_message(&ctx, &message))
    }))?;
    let shared = network.clone();
    group.set("startTls", Func::from(move |id: u32, tls: u32, name: String| {
        shared.borrow_mut().start_tls(id, tls, &name);
    }))?;
    let shared = network.clone();
    group.set("write", Func::from(move |ctx: Ctx<'js>, id: u32, data: Value<'js>| {
        with_bytes_or_text(&ctx, &data, |bytes| shared.borrow_mut().write(id, bytes))
    }))?;
    let shared = network.clone();
    group.set("end", Func::from(move |id: u32| shared.borrow_mut().end(id)))?;
    let shared = network.clone();
    group.set("pause", Func::from(move |id: u32, is_paused: bool| shared.borrow_mut().pause(id, is_paused)))?;
    let shared = network.clone();
    group.set("close", Func::from(move |id: u32| shared.borrow_mut().close(id)))?;
    Ok(group)
}
