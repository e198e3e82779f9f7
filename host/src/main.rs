//! The lambda-otlp extension without Node.js: QuickJS and the few functions of an operating system that the extension's
//! TypeScript needs.
//!
//! Started by Lambda without arguments: registers, forks (guardian.rs), and runs the program in ../lambda-otlp.
//! `compile SOURCE TARGET`: writes the bytecode of a CommonJS file, at build time.
//! `run FOLDER ENTRY`: runs a compiled program without Lambda, for tests.
#![deny(unsafe_code)]

mod certificates;
mod connection;
mod engine;
mod extensions_api;
mod functions;
mod guardian;
mod network;
mod program;
mod raw;
mod report;
mod system_error;
mod workers;

use engine::Start;
use guardian::Extension;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[cfg(not(feature = "sanitizer"))]
#[global_allocator]
static MEMORY: raw::Memory = raw::Memory;

fn main() {
    let started = Instant::now();
    // Prints one line instead of a trace; the guardian goes on.
    std::panic::set_hook(Box::new(|panic| {
        report::complain(&format!("a fault of the host ({panic}); the function runs without telemetry"));
        exit(guardian::GAVE_UP)
    }));
    let arguments: Vec<String> = std::env::args().collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [_, "compile", source, target] => compile(source, target),
        [_, "run", folder, entry] => {
            let start = Start { folder: folder.into(), entry: entry.into(), environment: environment(), started };
            exit(engine::run(start))
        }
        [own, ..] => run_extension(own, started),
        [] => run_extension("lambda-otlp", started),
    }
}

fn compile(source: &str, target: &str) {
    if let Err(message) = program::compile(Path::new(source), Path::new(target)) {
        eprintln!("{source}: {message}");
        exit(1)
    }
}

fn run_extension(own: &str, started: Instant) -> ! {
    let spawned = epoch_seconds();
    let path = std::env::current_exe().unwrap_or_else(|_| own.into());
    // Lambda knows an extension by the name of its file.
    let name = Path::new(own).file_name().map_or("lambda-otlp".into(), |name| name.to_string_lossy().into_owned());
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let runtime_api = variable("AWS_LAMBDA_RUNTIME_API");
    let runtime_api = runtime_api.trim_start_matches("http://").trim_end_matches('/').to_string();
    let is_managed_instance = variable("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances";
    let events = if is_managed_instance { "[\"SHUTDOWN\"]" } else { "[\"INVOKE\",\"SHUTDOWN\"]" };
    let registration = match runtime_api.as_str() {
        "" => None,
        api => extensions_api::register(api, &name, events),
    };
    let registered = epoch_seconds();
    let identifier = registration.as_ref().map(|registration| registration.identifier.clone());
    let extension = Extension { runtime_api, name: name.clone(), identifier: identifier.clone() };
    guardian::guard(&extension);

    // Sets the variables that the start script of the layer for Node.js sets, since src reads the same ones.
    let handover = [
        ("LAMBDA_OTLP_EXTENSION_NAME", name),
        ("LAMBDA_OTLP_EXTENSION_ID", identifier.unwrap_or_default()),
        ("LAMBDA_OTLP_REGISTRATION", registration.map(|registration| registration.body).unwrap_or_default()),
        ("LAMBDA_OTLP_SPAWNED_AT", spawned),
        ("LAMBDA_OTLP_REGISTERED_AT", registered),
    ];
    let mut environment = environment();
    environment.retain(|(name, _)| !handover.iter().any(|(own, _)| name == own));
    environment.extend(handover.map(|(name, value)| (name.to_string(), value)));
    exit(engine::run(Start { folder: program_folder(&path), entry: "main".into(), environment, started }))
}

/// ../lambda-otlp beside the folder of this file.
fn program_folder(own: &Path) -> PathBuf {
    let extensions = own.parent().unwrap_or(Path::new("."));
    extensions.parent().unwrap_or(Path::new("..")).join("lambda-otlp")
}

/// Leaves out the NODE_… variables of a Node.js function, except for the certificates that it trusts.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| !name.starts_with("NODE_") || name == "NODE_EXTRA_CA_CERTS")
        .collect()
}

fn epoch_seconds() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:06}", now.as_secs(), now.subsec_micros())
}
