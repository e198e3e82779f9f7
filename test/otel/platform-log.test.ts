import { SeverityNumber } from '@opentelemetry/api-logs';
import {
  toPlatformAttributes,
  toPlatformLine,
  toPlatformSeverity,
} from '../../src/otel/platform-log';
import { at, REQUEST } from '../invocation/scenario';

const time = at(0);
const requestId = REQUEST;

it.each([
  [{ type: 'platform.start', requestId }, `START RequestId: ${REQUEST}`],
  [{ type: 'platform.start', requestId, version: '7' }, `START RequestId: ${REQUEST} Version: 7`],
  [
    {
      type: 'platform.extension',
      name: 'x',
      state: 'Ready',
      events: ['INVOKE', 'SHUTDOWN'],
      errorType: 'E',
    },
    'EXTENSION Name: x\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\tError Type: E',
  ],
  [{ type: 'platform.extension' }, 'EXTENSION'],
  [
    { type: 'platform.telemetrySubscription', name: 'x', state: 'Ready', types: ['a', 'b'] },
    'TELEMETRY Name: x\tState: Ready\tTypes: [a, b]',
  ],
  [{ type: 'platform.telemetrySubscription' }, 'TELEMETRY'],
  [{ type: 'platform.restoreReport' }, 'RESTORE_REPORT'],
] as const)('platform lines of %j read as in CloudWatch', (event, text) => {
  expect(toPlatformLine({ time, ...event })).toBe(text);
});

it.each([
  [{ type: 'platform.runtimeDone', requestId, status: 'error' }, SeverityNumber.ERROR],
  [{ type: 'platform.runtimeDone', requestId, status: 'timeout' }, SeverityNumber.ERROR],
  [{ type: 'platform.runtimeDone', requestId, status: 'success' }, SeverityNumber.DEBUG],
  [{ type: 'platform.extension', errorType: 'E' }, SeverityNumber.ERROR],
  [{ type: 'platform.extension' }, SeverityNumber.DEBUG],
  [{ type: 'platform.logsDropped' }, SeverityNumber.WARN],
  [{ type: 'platform.report', requestId, status: 'success' }, SeverityNumber.INFO],
  [{ type: 'unknown', wireType: 'x', record: { status: 'error' } }, SeverityNumber.ERROR],
  [{ type: 'unknown', wireType: 'x', record: { status: 'success' } }, SeverityNumber.INFO],
  [{ type: 'unknown', wireType: 'x', record: 'error' }, SeverityNumber.INFO],
] as const)('the severity of the platform line %j is that of what happened', (event, severity) => {
  expect(toPlatformSeverity({ kind: 'platformLog', event: { time, ...event } })).toBe(severity);
});

it('an extension that fails has an error.type', () => {
  const event = { type: 'platform.extension', time, errorType: 'Extension.Crash' } as const;
  expect(toPlatformAttributes({ kind: 'platformLog', event })).toEqual({
    'error.type': 'Extension.Crash',
  });
});

it('an event that is not known gives no attributes, whatever it holds', () => {
  const event = {
    type: 'unknown',
    time,
    wireType: 'platform.new',
    record: { phase: 'x' },
  } as const;
  expect(toPlatformAttributes({ kind: 'platformLog', event })).toEqual({});
});
