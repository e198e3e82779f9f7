//! The engine and its event loop: timers, then events from outside, then immediates; as in Node.js, promises are
//! settled after each call into the program.

use crate::certificates::TrustPaths;
use crate::connection::Event;
use crate::functions;
use crate::guardian::GAVE_UP;
use crate::network::{Happening, Network};
use crate::program::load;
use crate::raw::limit_garbage;
use crate::report::complain;
use nix::sys::resource::{getrlimit, Resource};
use rquickjs::function::IntoArgs;
use rquickjs::{ArrayBuffer, CatchResultExt, Context, Ctx, Function, Object, Persistent, Result, Runtime, Value};
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

/// The first thread has 8 MB by default; deep recursion is refused before that is used up. A level of JSON takes 180
/// bytes, and Lambda's own parser (Go's encoding/json), which reads what a function logs as JSON, allows 10,000.
const MAX_STACK_BYTES: usize = 3 * 1024 * 1024;
/// Without deep recursion the program needs less.
const LEAST_STACK_BYTES: usize = 256 * 1024;
/// The engine looks for cycles when this much has been allocated, which is not while the program is being loaded. Most
/// memory is freed without that.
const FIRST_COLLECTION_BYTES: usize = 3 * 1024 * 1024 + 512 * 1024;
/// How many events of one connection are handled before it is the others' turn.
const MAX_EVENTS_PER_TURN: usize = 8;

pub struct Start {
    pub folder: PathBuf,
    pub entry: String,
    pub environment: Vec<(String, String)>,
    pub started: Instant,
}

pub type SharedNetwork = Rc<RefCell<Network>>;

/// Runs the program until it exits the process; returns the exit code if it cannot run.
pub fn run(start: Start) -> i32 {
    match run_program(start) {
        Ok(never) => never,
        Err(message) => {
            complain(&format!("the engine could not be started ({message}); the function runs without telemetry"));
            GAVE_UP
        }
    }
}

fn run_program(start: Start) -> std::result::Result<i32, String> {
    let network = Network::new(trust_paths(&start.environment)).map_err(|error| error.to_string())?;
    let network = Rc::new(RefCell::new(network));
    let runtime = new_runtime().map_err(|error| error.to_string())?;
    runtime.set_max_stack_size(stack_bytes());
    runtime.set_gc_threshold(FIRST_COLLECTION_BYTES);
    let context = Context::full(&runtime).map_err(|error| error.to_string())?;
    let rejected: Rc<RefCell<Option<Persistent<Function<'static>>>>> = Rc::default();
    let tracker = rejected.clone();
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, is_handled| {
        let handler = tracker.borrow().clone();
        if let Some(Ok(handler)) = handler.map(|handler| handler.restore(&ctx)) {
            let _ = handler.call::<_, ()>((promise, reason, is_handled));
        }
    })));
    context.with(|ctx| {
        let program = Program::load(&ctx, &start, &network).catch(&ctx).map_err(|error| error.to_string())?;
        let on_rejection = program.handler("onRejection").map_err(|error| error.to_string())?;
        *rejected.borrow_mut() = Some(Persistent::save(&ctx, on_rejection));
        program.handle("start", (start.entry.as_str(),));
        program.run_loop(&network)
    })
}

/// Leaves a part of what `ulimit -s` allows to the code that the engine calls.
fn stack_bytes() -> usize {
    let allowed = getrlimit(Resource::RLIMIT_STACK).map_or(MAX_STACK_BYTES, |(soft, _)| soft as usize / 2);
    allowed.clamp(LEAST_STACK_BYTES, MAX_STACK_BYTES)
}

#[cfg(not(feature = "sanitizer"))]
fn new_runtime() -> Result<Runtime> {
    Runtime::new_with_alloc(crate::raw::Memory)
}

#[cfg(feature = "sanitizer")]
fn new_runtime() -> Result<Runtime> {
    Runtime::new()
}

fn trust_paths(environment: &[(String, String)]) -> TrustPaths {
    let path = |wanted: &str| {
        let value = environment.iter().find(|(name, value)| name == wanted && !value.is_empty());
        value.map(|(_, value)| PathBuf::from(value))
    };
    TrustPaths { file: path("SSL_CERT_FILE"), folder: path("SSL_CERT_DIR") }
}

/// The shim's handlers (host/shim/shim.ts), through which all of the program is run.
struct Program<'js> {
    ctx: Ctx<'js>,
    handlers: Object<'js>,
    on_data: Function<'js>,
    on_timers: Function<'js>,
    on_turn: Function<'js>,
}

impl<'js> Program<'js> {
    fn load(ctx: &Ctx<'js>, start: &Start, network: &SharedNetwork) -> Result<Self> {
        let host = functions::create(ctx, start, network)?;
        let shim = load(ctx, &start.folder, "shim")?;
        let module = Object::new(ctx.clone())?;
        let exports = Object::new(ctx.clone())?;
        module.set("exports", exports.clone())?;
        shim.call::<_, ()>((exports, (), module.clone(), host))?;
        let exports: Object = module.get("exports")?;
        let handlers: Object = exports.get("handlers")?;
        let on_data = handlers.get("onData")?;
        let on_timers = handlers.get("onTimers")?;
        let on_turn = handlers.get("onTurn")?;
        Ok(Program { ctx: ctx.clone(), handlers, on_data, on_timers, on_turn })
    }

    fn handler(&self, name: &str) -> Result<Function<'js>> {
        self.handlers.get(name)
    }

    fn handle<A: IntoArgs<'js>>(&self, name: &str, arguments: A) {
        match self.handler(name) {
            Ok(handler) => self.call(&handler, arguments),
            Err(_) => self.fail(),
        }
    }

    /// Calls, and runs the promises that follow.
    fn call<A: IntoArgs<'js>>(&self, handler: &Function<'js>, arguments: A) {
        if handler.call::<_, ()>(arguments).is_err() {
            self.fail();
        }
        while self.ctx.execute_pending_job() {}
    }

    /// Handles an uncaught exception. If even that fails, the process is given up.
    fn fail(&self) {
        let error = self.ctx.catch();
        let told = self.handler("onUncaught").and_then(|handler| handler.call::<_, ()>((error,)));
        if let Err(error) = told.catch(&self.ctx) {
            complain(&format!("a fault of the engine ({error}); the function runs without telemetry"));
            std::process::exit(GAVE_UP)
        }
    }

    fn run_loop(&self, network: &SharedNetwork) -> std::result::Result<i32, String> {
        let mut threshold = FIRST_COLLECTION_BYTES;
        loop {
            threshold = limit_garbage(&self.ctx, threshold);
            // Rejections that nobody handled in this turn.
            self.call(&self.on_turn, ());
            network.borrow_mut().wait().map_err(|error| error.to_string())?;
            if network.borrow().is_timer_due() {
                self.call(&self.on_timers, ());
            }
            let pending = network.borrow_mut().take_pending();
            for happening in pending {
                self.tell(happening);
            }
            let ready = network.borrow_mut().take_ready();
            for id in ready {
                self.serve(network, id);
            }
            // Not in the head of the loop, where it would stay borrowed while the program runs.
            let immediates = network.borrow().immediates;
            for _ in 0..immediates {
                self.handle("onImmediate", ());
            }
        }
    }

    fn serve(&self, network: &SharedNetwork, id: u32) {
        for _ in 0..MAX_EVENTS_PER_TURN {
            // Not borrowed while the program runs.
            let Some(event) = network.borrow_mut().next_event(id) else { return };
            self.tell(Happening::Connection(id, event));
        }
    }

    fn tell(&self, happening: Happening) {
        match happening {
            Happening::Connection(id, Event::Data(bytes)) => match ArrayBuffer::new(self.ctx.clone(), bytes) {
                Ok(bytes) => self.call(&self.on_data, (id, bytes)),
                Err(_) => self.fail(),
            },
            Happening::Connection(id, Event::Connected) => self.handle("onConnected", (id,)),
            Happening::Connection(id, Event::Ended) => self.handle("onEnded", (id,)),
            Happening::Connection(id, Event::Finished) => self.handle("onFinished", (id,)),
            Happening::Connection(id, Event::Drained) => self.handle("onDrained", (id,)),
            Happening::Connection(id, Event::Failed(error)) => {
                self.handle("onFailed", (id, error.message(), error.code, error.syscall));
            }
            Happening::Accepted { listener, connection } => self.handle("onAccepted", (listener, connection)),
            Happening::Signal(signal) => self.handle("onSignal", (signal,)),
            Happening::Transformed { task, bytes: Ok(bytes) } => match ArrayBuffer::new(self.ctx.clone(), bytes) {
                Ok(bytes) => self.handle("onTransformed", (task, bytes)),
                Err(_) => self.fail(),
            },
            Happening::Transformed { task, bytes: Err(problem) } => {
                self.handle("onTransformed", (task, Value::new_undefined(self.ctx.clone()), problem));
            }
        }
    }
}
