// A line as the exporters take it, with nothing but what the line itself says.
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { LogLine } from '../../src/log-line/log-line';

export function createReadableRecord(line: LogLine): ReadableLogRecord {
  return {
    hrTime: line.time ?? [0, 0],
    hrTimeObserved: [0, 0],
    body: line.body,
    attributes: line.attributes,
    droppedAttributesCount: line.droppedAttributesCount,
    resource: resourceFromAttributes({}),
    instrumentationScope: { name: 'test' },
    ...(line.severityNumber === undefined ? {} : { severityNumber: line.severityNumber }),
  };
}
