//! Each case of the table of runtimes, in Rust.
use lambda_runtime::{run, service_fn, tracing, Error, LambdaEvent};
use serde_json::Value;
use std::time::Duration;

async fn handle(event: LambdaEvent<Value>) -> Result<&'static str, Error> {
    let case = event.payload["case"].as_str().unwrap_or_default();
    println!("case {case}");
    match case {
        "throw" => panic!("thrown on purpose"),
        "return" => return Err("returned on purpose".into()),
        "exit" => std::process::exit(3),
        "timeout" => tokio::time::sleep(Duration::from_secs(600)).await,
        "memory" => hoard(),
        _ => {}
    }
    Ok("fine")
}

fn hoard() {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(vec![1; 10 << 20]);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(handle)).await
}
