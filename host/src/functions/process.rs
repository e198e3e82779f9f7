//! The process: its environment, clocks, signals and end.

use crate::engine::{SharedNetwork, Start};
use crate::guardian::GAVE_UP;
use crate::report::complain;
use rquickjs::function::Func;
use rquickjs::{Ctx, Exception, Function, Object, Result};
use std::time::Duration;

pub fn create<'js>(ctx: &Ctx<'js>, start: &Start, network: &SharedNetwork) -> Result<Object<'js>> {
    let group = Object::new(ctx.clone())?;
    let environment = Object::new(ctx.clone())?;
    for (name, value) in &start.environment {
        environment.set(name.as_str(), value.as_str())?;
    }
    group.set("environment", environment)?;
    group.set("pid", std::process::id())?;
    group.set("uid", nix::unistd::getuid().as_raw())?;
    group.set("architecture", if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" })?;
    group.set("version", env!("CARGO_PKG_VERSION"))?;
    group.set("exit", Func::from(|code: i32| -> () { std::process::exit(code) }))?;
    // For errors that nobody can handle; the guardian then keeps the function's environment alive.
    group.set("giveUp", Func::from(|message: String| -> () {
        complain(&message);
        std::process::exit(GAVE_UP)
    }))?;
    let started = start.started;
    group.set("uptimeMs", Func::from(move || started.elapsed().as_secs_f64() * 1e3))?;
    let folder = start.folder.clone();
    group.set("load", Func::from(move |ctx: Ctx<'js>, name: String| -> Result<Function<'js>> {
        crate::program::load(&ctx, &folder, &name)
    }))?;
    let shared = network.clone();
    // At this uptime, or never when it is infinite.
    group.set("wakeAt", Func::from(move |uptime_ms: f64| {
        let is_set = uptime_ms.is_finite();
        let wake_at = is_set.then(|| started.checked_add(Duration::from_secs_f64(uptime_ms.max(0.0) / 1e3)));
        shared.borrow_mut().wake_at = wake_at.flatten();
    }))?;
    let shared = network.clone();
    group.set("expectImmediates", Func::from(move |count: u32| shared.borrow_mut().immediates = count))?;
    let shared = network.clone();
    group.set("watchSignal", Func::from(move |ctx: Ctx<'js>, signal: i32| {
        let watched = shared.borrow_mut().watch_signal(signal);
        watched.map_err(|error| Exception::throw_message(&ctx, &format!("signal {signal}: {error}")))
    }))?;
    Ok(group)
}
