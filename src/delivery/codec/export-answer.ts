// What an Export{Trace,Metrics,Logs}ServiceResponse says about rejected items: the three differ in names only.
// In protobuf or in JSON, whichever the endpoint prefers: some answer in JSON whatever they were asked in.
// Source: opentelemetry-proto 1.x, collector/trace/v1/trace_service.proto

export interface ExportAnswer {
  readonly rejected: number;
  readonly message: string;
}

const BRACE = 0x7b;

const PARTIAL_SUCCESS = 1;
const REJECTED = 1;
const ERROR_MESSAGE = 2;
const INT64_BOUND = 2 ** 63;

/** Throws when the bytes are no answer of OTLP's. */
export function decodeExportAnswer(bytes: Uint8Array): ExportAnswer {
  // As protobuf, a brace would begin a group, which left the language with proto3.
  return bytes[0] === BRACE ? decodeJson(bytes) : decodeProtobuf(bytes);
}

interface JsonAnswer {
  readonly partialSuccess?: Readonly<Record<string, unknown>> | null;
}

/** Throws a SyntaxError. An int64 is text in OTLP/JSON, or a number. */
function decodeJson(bytes: Uint8Array): ExportAnswer {
  const { partialSuccess } = JSON.parse(new TextDecoder().decode(bytes)) as JsonAnswer;
  if (typeof partialSuccess !== 'object' || partialSuccess === null) {
    return { rejected: 0, message: '' };
  }
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = partialSuccess;
  const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
  return {
    rejected: Number.isFinite(rejected) && rejected > 0 ? rejected : 0,
    message: typeof errorMessage === 'string' ? errorMessage : '',
  };
}

/** Throws a RangeError. */
function decodeProtobuf(bytes: Uint8Array): ExportAnswer {
  let [rejected, message] = [0, ''];
  readFields(bytes, (field, partialSuccess) => {
    if (field !== PARTIAL_SUCCESS || typeof partialSuccess === 'number') return;
    readFields(partialSuccess, (inner, value) => {
      if (typeof value !== 'number') {
        if (inner === ERROR_MESSAGE) message = new TextDecoder().decode(value);
      } else if (inner === REJECTED) {
        // Above the bound an int64 is negative.
        rejected = value < INT64_BOUND ? value : 0;
      }
    });
  });
  return { rejected, message };
}

/** Varints as numbers, what is length-delimited as bytes; fixed fields are passed over. */
function readFields(
  bytes: Uint8Array,
  onField: (field: number, value: number | Uint8Array) => void,
): void {
  let position = 0;
  const need = (count: number): number => {
    const start = position;
    position += count;
    if (position > bytes.length) {
      throw new RangeError(`${count} bytes at ${start} of ${bytes.length} expected`);
    }
    return start;
  };
  const readVarint = (): number => {
    for (let value = 0, factor = 1; ; factor *= 0x80) {
      const byte = bytes[need(1)] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (position < bytes.length) {
    const tag = readVarint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        onField(field, readVarint());
        break;
      case 1:
        need(8);
        break;
      case 2: {
        const length = readVarint();
        const start = need(length);
        onField(field, bytes.subarray(start, position));
        break;
      }
      case 5:
        need(4);
        break;
      default:
        throw new RangeError(`wire type ${tag % 8} of field ${field}`);
    }
  }
}
