//! The host's own lines on stderr, in the form of the extension's diagnostics.

use std::io::Write;

/// One error line. A full or closed stderr must stop nothing: the line is lost then.
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
