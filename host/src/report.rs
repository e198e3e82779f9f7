//! The host's own lines on stderr, in the form of the extension's diagnostics.

use std::io::Write;

/// Prints one error line. If stderr is full or closed, the line is lost, since that must not stop anything.
pub fn complain(message: &str) {
    let mut escaped = String::with_capacity(message.len());
    for character in message.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            control if control < ' ' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    let line = format!("{{\"level\":\"error\",\"message\":\"{escaped}\",\"extension\":\"lambda-otlp\"}}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}
