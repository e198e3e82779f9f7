// The OTLP messages as data: what each field is called, numbered and typed. Drives decoding of both
// encodings, so that protobuf and JSON come out in one shape.
import type { Signal } from './signal';
import { COMMON, FAILURE, LOGS, METRICS, TRACE } from './messages';

export interface FieldSpec {
  readonly name: string;
  readonly number: number;
  /** A protobuf scalar, `enum`, or the name of a message. */
  readonly type: string;
  readonly repeated: boolean;
  /** Member of a oneof, or `optional`: absent and zero are two things. */
  readonly presence?: string;
}

const FIELD_LINE = /^(?:(repeated|optional|oneof:\w+) )?(\w+) (\w+) = (\d+)$/;

function toFieldSpec(line: string): FieldSpec {
  const [, label = '', type = '', name = '', number = ''] = FIELD_LINE.exec(line) ?? [];
  if (type === '') throw new Error(`OTLP schema: expected a field, got '${line}'`);
  const field = { name, number: Number(number), type, repeated: label === 'repeated' };
  if (label === 'optional') return { ...field, presence: `_${name}` };
  return label.startsWith('oneof:') ? { ...field, presence: label.slice(6) } : field;
}

/** Every OTLP message by name, its fields in the order of their numbers. */
export const OTLP_MESSAGES: ReadonlyMap<string, readonly FieldSpec[]> = new Map(
  Object.entries({ ...COMMON, ...TRACE, ...METRICS, ...LOGS, ...FAILURE }).map(([name, text]) => [
    name,
    text
      .trim()
      .split('\n')
      .map((line) => toFieldSpec(line.trim())),
  ]),
);

export const REQUEST_MESSAGE: Readonly<Record<Signal, string>> = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
};
