// The proto's rules for log records (opentelemetry-proto logs.proto).
import {
  checkAttributes,
  checkFlags,
  checkId,
  checkResource,
  checkScope,
  checkText,
  checkTime,
  checkValue,
  report,
} from './common-rules';
import type { Findings } from './common-rules';
import type { LogRecord, LogsRequest } from './model';

export function checkLogs(findings: Findings, { resourceLogs }: LogsRequest): void {
  for (const [r, { resource, scopeLogs }] of resourceLogs.entries()) {
    checkResource(findings, `resourceLogs[${r}].resource`, resource);
    for (const [s, { scope, logRecords }] of scopeLogs.entries()) {
      const path = `resourceLogs[${r}].scopeLogs[${s}]`;
      checkScope(findings, `${path}.scope`, scope);
      if (logRecords.length === 0) report(findings, path, 'holds no log record');
      for (const [index, logRecord] of logRecords.entries())
        checkLogRecord(findings, `${path}.logRecords[${index}]`, logRecord);
    }
  }
}

function checkLogRecord(findings: Findings, path: string, logRecord: LogRecord): void {
  const { severityNumber, traceId, spanId } = logRecord;
  // 0 means unknown for the event's own time; the time it was observed must be set.
  if (logRecord.timeUnixNano !== '0')
    checkTime(findings, `${path}.timeUnixNano`, logRecord.timeUnixNano);
  checkTime(findings, `${path}.observedTimeUnixNano`, logRecord.observedTimeUnixNano);
  if (severityNumber < 0 || severityNumber > 24)
    report(findings, path, `severity number ${severityNumber} is not within 0-24`);
  checkText(findings, `${path}.severityText`, logRecord.severityText);
  checkText(findings, `${path}.eventName`, logRecord.eventName);
  if (logRecord.body !== undefined) checkValue(findings, `${path}.body`, logRecord.body);
  checkAttributes(findings, `${path}.attributes`, logRecord.attributes);
  checkFlags(findings, `${path}.flags`, { flags: logRecord.flags, allowed: 0xff });
  checkId(findings, `${path}.traceId`, { id: traceId, bytes: 16, required: false });
  checkId(findings, `${path}.spanId`, { id: spanId, bytes: 8, required: false });
  if (spanId !== '' && traceId === '') report(findings, path, 'spanId without a traceId');
}
