//! The process that Lambda starts. It forks before the engine starts, because Lambda fails a function whose extension
//! dies, and an engine written in C reads what the function logs. The parent passes signals on; if its child dies, it
//! logs one line and keeps polling until SHUTDOWN.

use crate::extensions_api::{next_event, register};
use crate::raw::{close_reserve, end_at_signals, restore_fault_signals, split_process, Side};
use crate::report::complain;
use nix::errno::Errno;
use nix::sys::signal::{kill, SigSet, SigmaskHow, Signal};
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::Pid;
use std::process::exit;
use std::time::Duration;

/// The child's exit code if it has reported a failure itself and the parent only has to keep the environment alive.
pub const GAVE_UP: i32 = 70;

const MAX_FAILURES: u32 = 5;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);
/// How long an invocation may be held for, once, after an engine died while it polled.
const PAUSE_WHILE_REFUSED: Duration = Duration::from_millis(50);

pub struct Extension {
    pub runtime_api: String,
    pub name: String,
    /// None if TypeScript has to register.
    pub identifier: Option<String>,
}

/// Returns in the child only. If no second process can be created (memory, permission), there is no telemetry.
pub fn guard(extension: &Extension) {
    let signals = passed_signals();
    let mut watched = signals;
    watched.add(Signal::SIGCHLD);
    let Ok(before) = watched.thread_swap_mask(SigmaskHow::SIG_BLOCK) else { return };
    match split_process() {
        Ok(Side::Parent { child }) => outlive(child, &watched, extension),
        Ok(Side::Child) => {
            close_reserve();
            // If the parent is killed, the child must not go on alone.
            let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
            let _ = before.thread_set_mask();
            restore_fault_signals();
        }
        Err(error) => {
            let _ = before.thread_set_mask();
            complain(&format!("fork: expected a second process, got {error}; the function runs without telemetry"));
            idle(extension)
        }
    }
}

fn passed_signals() -> SigSet {
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2]
        .into_iter()
        .collect()
}

fn outlive(child: Pid, watched: &SigSet, extension: &Extension) -> ! {
    loop {
        match watched.wait() {
            Ok(Signal::SIGCHLD) | Err(_) => {}
            Ok(signal) => {
                let _ = kill(child, signal);
            }
        }
        match waitpid(child, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(_, GAVE_UP)) => idle(extension),
            Ok(WaitStatus::Exited(_, code)) => exit(code),
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                complain(&format!(
                    "the engine's process was ended by {}; the function runs on without telemetry",
                    signal.as_str()
                ));
                idle(extension)
            }
            Err(Errno::ECHILD) => idle(extension),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Polls event/next until SHUTDOWN, so that the function works as if there were no extension.
///
/// If the engine died while it polled, Lambda refuses another poll with 403 (the state is Ready) until the next event
/// has gone to the lost one, on Managed Instances for as long as the environment lives. Source: externalagent_states.go of
/// <https://github.com/aws/aws-lambda-runtime-interface-emulator>
pub fn idle(extension: &Extension) -> ! {
    end_at_signals();
    let Extension { runtime_api, name, identifier } = extension;
    let registered = || register(runtime_api, name, "[\"SHUTDOWN\"]").map(|own| own.identifier);
    let Some(identifier) = identifier.clone().or_else(registered) else {
        complain("register: expected an identifier, got none; exiting");
        exit(1)
    };
    let mut failures = 0;
    while failures < MAX_FAILURES {
        match next_event(runtime_api, &identifier) {
            Ok(answer) if answer.status == 200 => {
                failures = 0;
                if answer.body.contains("\"eventType\"") && answer.body.contains("\"SHUTDOWN\"") {
                    exit(0)
                }
            }
            Ok(answer) if answer.status == 403 => std::thread::sleep(PAUSE_WHILE_REFUSED),
            _ => {
                failures += 1;
                std::thread::sleep(PAUSE_AFTER_FAILURE);
            }
        }
    }
    complain(&format!("event/next: expected status 200, got none in {MAX_FAILURES} attempts; exiting"));
    exit(1)
}
