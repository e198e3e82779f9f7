// Names and numbers of loggers → OpenTelemetry's severity, each at its limits.
import { readPythonLevel, readSeverity, readSeverityNumber } from '../../src/log-line/severity';

it.each([
  [9, undefined, '9'],
  [10, 1, 'TRACE'],
  [19, 1, 'TRACE'],
  [20, 5, 'DEBUG'],
  [30, 9, 'INFO'],
  [35, 9, 'INFO'],
  [40, 13, 'WARN'],
  [50, 17, 'ERROR'],
  [60, 21, 'FATAL'],
  [69, 21, 'FATAL'],
  [70, undefined, '70'],
  [100, 5, 'DEBUG'],
  [200, 9, 'INFO'],
  [250, 10, 'INFO'],
  [300, 13, 'WARN'],
  [400, 17, 'ERROR'],
  [500, 21, 'FATAL'],
  [550, 22, 'FATAL'],
  [600, 24, 'FATAL'],
  [5000, 1, 'TRACE'],
  [10_000, 5, 'DEBUG'],
  [20_000, 9, 'INFO'],
  [30_000, 13, 'WARN'],
  [40_000, 17, 'ERROR'],
])('the number %d of a logger is %p', (value, number, text) => {
  expect(readSeverity(value)).toEqual(number === undefined ? { text } : { number, text });
});

it.each([
  ['warn', 13, 'warn'],
  ['WARN', 13, 'WARN'],
  ['Warn', 13, 'Warn'],
  ['wArN', 13, 'wArN'],
  [' warn ', 13, 'warn'],
  ['[ warn ]:', 13, '[ warn ]:'],
  ['\u001b[33mwarn\u001b[0m', 13, '\u001b[33mwarn\u001b[0m'],
  ['30', 9, '30'],
  ['90', undefined, '90'],
  ['/', undefined, '/'],
  [':30x', undefined, ':30x'],
  ['INFO+2', 11, 'INFO+2'],
  ['DEBUG-4', 1, 'DEBUG-4'],
  ['DEBUG-12', 1, 'DEBUG-12'],
  ['ERROR+12', 24, 'ERROR+12'],
  ['INFO+123', undefined, 'INFO+123'],
  ['XINFO+2', undefined, 'XINFO+2'],
  ['INFO+2X', undefined, 'INFO+2X'],
  ['chatty', undefined, 'chatty'],
])('the name %j is %p', (value, number, text) => {
  expect(readSeverity(value)).toEqual(number === undefined ? { text } : { number, text });
});

it.each(['', '  ', '[]', undefined, null, true, {}])('%j is no level', (value) => {
  expect(readSeverity(value)).toBeUndefined();
});

it.each([
  [0, undefined],
  [1, 'TRACE'],
  [4, 'TRACE'],
  [5, 'DEBUG'],
  [24, 'FATAL'],
  [25, undefined],
  [1.5, undefined],
  ['9', undefined],
])('OpenTelemetry’s own number %j is %p', (value, text) => {
  expect(readSeverityNumber(value)).toEqual(
    text === undefined ? undefined : { number: value, text },
  );
});

it.each([
  [10, 5],
  [20, 9],
  [50, 21],
])("Python's level %d is %d", (value, number) => {
  expect(readPythonLevel(value)?.number).toBe(number);
});
