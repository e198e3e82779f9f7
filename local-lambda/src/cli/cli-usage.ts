// What `local-lambda --help` says.
import { SAMPLE_EVENT_NAMES } from '../events/sample-events';

/** `command`: how the user called it. */
export function toUsage(command: string, layerNote: string): string {
  return `Runs a Lambda function on this machine, with extensions attached.

  ${command} --handler FILE.EXPORT [options]

What runs
  --handler FILE.EXPORT   Node handler, for example src/app.handler (.js, .mjs, .cjs or .ts)
  --bootstrap COMMAND     custom runtime that speaks the Runtime API, instead of --handler
  --layer DIR             unpacked layer; what is in its extensions/ runs${layerNote}
  --inspect               the function waits for a debugger on 127.0.0.1:9229; no timeout, no freeze

What it gets
  --event FILE            JSON event of every invocation; - is standard input
  --sample NAME           a sample event: ${SAMPLE_EVENT_NAMES.join(', ')}
  --payload JSON          the event, given here (default {})
  --invocations N         how many (default 1; with --http none)
  --http PORT             listens on 127.0.0.1:PORT; each request is an API Gateway v2 event
  --name NAME             function name (default local-function)
  --env NAME=VALUE        environment variable of function and extensions; may be repeated
  --env-file FILE         the same from a file of NAME=VALUE lines
  --timeout SECONDS       function timeout (default 3)
  --memory MB             function memory (default 512); more than that ends in Runtime.OutOfMemory
  --json-logs             JSON log format
  --x-ray                 active tracing: X-Ray headers say Sampled=1
  --trace-header HEADER   X-Amzn-Trace-Id of every invocation
  --init-type TYPE        on-demand (default), provisioned-concurrency, snap-start or
                          lambda-managed-instances
  --concurrency N         concurrent invocations of lambda-managed-instances (default 1)

What is shown
  --ui PORT               a page at http://127.0.0.1:PORT with traces, logs and metrics as they come
  --print-events          every Telemetry API event as it is emitted
  --record FILE           every Telemetry API event, and what extensions are told beside them (register,
                          INVOKE, SHUTDOWN), one JSON object a line
  --help, -h              this text
  --version, -V           the version

Telemetry goes to OTEL_EXPORTER_OTLP_ENDPOINT if that is set, else to a receiver in this process
that shows it at the end. With --ui or --http it runs until Ctrl-C.
Exit code: 0 when every invocation succeeded, 1 when one failed, 2 when the arguments are wrong, 130
when Ctrl-C came before the last one ended.
`;
}
