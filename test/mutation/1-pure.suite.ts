// Every test that needs no SDK, as one file: jest's own start per file costs more than these tests.
import '../telemetry/decode.test';
import '../telemetry/fields.test';
import '../telemetry/timestamp.test';
import '../telemetry/well-formed-text.test';
import '../invocation/lines.test';
import '../invocation/predecessor.test';
import '../invocation/tracker.test';
import '../invocation/x-ray-header.test';
import '../otel/log-line/exceptions.test';
import '../otel/log-line/logger-lines.test';
import '../otel/log-line/read-log-line.test';
import '../otel/log-line/readers.test';
import '../otel/log-line/runtime-lines.test';
