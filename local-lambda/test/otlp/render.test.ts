// What a person sees, against golden text. UPDATE_GOLDEN=1 rewrites the files, and fails the run so
// that nobody updates them unseen.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { renderLogs } from '../../src/render/log-list';
import { toReadableError } from '../../src/render/readable-error';
import { renderMetrics } from '../../src/render/metric-table';
import { chooseWidth } from '../../src/render/choose-width';
import { choosePaint, colored, plain } from '../../src/render/paint';
import { renderTelemetry } from '../../src/render/telemetry';
import { widthOf } from '../../src/render/terminal-text';
import { renderTrace } from '../../src/render/waterfall';
import {
  accepted,
  at,
  failedSpans,
  someLogRecords,
  someMetrics,
  span,
  text,
  toLogRecords,
  toMetrics,
  toSpans,
  traceId,
} from './sample';

function expectGolden(name: string, actual: string): void {
  const path = join(__dirname, 'golden', name);
  const expected = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (process.env['UPDATE_GOLDEN'] === '1' && `${actual}\n` !== expected)
    writeFileSync(path, `${actual}\n`);
  expect(`${actual}\n`).toBe(expected);
}

const sgr = /\u001b\[[\d;]*m/g;

test.each([
  ['on a wide terminal', 120],
  ['on a narrow terminal, without span ids', 72],
])('everything at a glance %s', (_what, width) => {
  const titles = new Map([[traceId, 'request 1: cold start']]);
  expectGolden(
    `telemetry-${width}.txt`,
    renderTelemetry(accepted, { width, paint: plain }, titles),
  );
});

test('colour adds SGR sequences and changes nothing else', () => {
  const options = { width: 100, paint: plain };
  const draws = [
    (paint: typeof plain) => renderTrace(toSpans(failedSpans), { ...options, paint }),
    (paint: typeof plain) => renderMetrics(toMetrics(someMetrics), { ...options, paint }),
    (paint: typeof plain) => renderLogs(toLogRecords(someLogRecords), { ...options, paint }),
  ];
  for (const draw of draws) {
    const withColor = draw(colored);
    expect(withColor).not.toBe(draw(plain));
    expect(withColor.replace(sgr, '').replace(/ +$/gm, '')).toBe(draw(plain));
  }
});

test('an error is red, a success has no red in it', () => {
  const red = '\u001b[31m';
  const options = { width: 100, paint: colored };
  expect(renderTrace(toSpans(failedSpans), options)).toContain(red);
  expect(renderTrace(toSpans([span('orders', ['1', '', 0, 5])]), options)).not.toContain(red);
});

test.each<[string, Record<string, string>, boolean, typeof plain]>([
  ['a terminal', { TERM: 'xterm' }, true, colored],
  ['a pipe', { TERM: 'xterm' }, false, plain],
  ['a dumb terminal', { TERM: 'dumb' }, true, plain],
  ['a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, false, colored],
  ['a terminal with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, plain],
  ['a terminal with NO_COLOR', { NO_COLOR: '1' }, true, plain],
  ['NO_COLOR against FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, plain],
  ['an empty NO_COLOR', { NO_COLOR: '' }, true, colored],
])('%s gets the colours it can show', (_what, environment, isTerminal, expected) => {
  expect(choosePaint(environment, isTerminal)).toBe(expected);
});

test.each([
  ['a terminal', {}, [80, 90], 80],
  ['a pager in a terminal', {}, [undefined, 90], 90],
  ['a file', {}, [undefined, undefined], 120],
  ['COLUMNS against the terminal', { COLUMNS: '100' }, [80], 100],
  ['COLUMNS that is no number', { COLUMNS: 'wide' }, [80], 80],
  ['a terminal too narrow for ids', {}, [20], 66],
  ['a terminal too wide to follow a row', {}, [400], 160],
])('%s is %j, %j: %i columns', (_what, environment, widths, expected) => {
  const outputs = widths.map((columns) => ({ columns }));
  expect(chooseWidth(environment, outputs)).toBe(expected);
});

const printed = (error: object): string => `Invoke Error\t${JSON.stringify(error)}`;

test.each([
  [
    'an error of Lambda’s runtime is its stack trace',
    printed({ errorType: 'E', errorMessage: 'no' }),
    'Invoke Error\nE: no\n    at f',
  ],
  [
    'an error without words before it is its stack trace',
    '{"errorType":"E","errorMessage":"no"}',
    'E: no\n    at f',
  ],
  ['an object of another logger stays as it is', printed({ err: { message: 'no' } }), undefined],
  ['a line that only mentions braces stays as it is', 'no {x} in E', undefined],
])('%s', (_what, line, expected) => {
  expect(toReadableError(line, 'E: no\n    at f')).toBe(expected);
  expect(toReadableError(line, undefined)).toBeUndefined();
});

test('what a function logs cannot command the terminal', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[2J\u0000\u009b31m\u202e';
  const body = { body: { stringValue: hostile }, attributes: [text(hostile, hostile)] };
  const output = [
    renderLogs(toLogRecords([{ observedTimeUnixNano: at(0), ...body }]), {
      width: 100,
      paint: plain,
    }),
    renderTrace(
      toSpans([span(hostile, ['1', '', 0, 1], { attributes: [text('error.type', hostile)] })]),
      {
        width: 100,
        paint: plain,
      },
    ),
  ].join('\n');
  expect(output.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test('spans without their parent, with a cycle of parents, or twice are each shown once', () => {
  const spans = [
    span('orphan', ['2', '9', 1, 2]),
    span('self', ['3', '3', 2, 3]),
    span('chicken', ['4', '5', 3, 4]),
    span('egg', ['5', '4', 4, 5]),
    span('orphan', ['2', '9', 1, 2]),
  ];
  const [, , , ...rows] = renderTrace(toSpans(spans), { width: 100, paint: plain }).split('\n');
  expect(rows.map((row) => /[a-z]+/.exec(row)?.[0])).toEqual(['orphan', 'self', 'chicken', 'egg']);
});

test('every span has a bar within the width, whatever its name and times', () => {
  const anySpan = fc.tuple(
    fc.string({ maxLength: 40 }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    fc.double({ min: 0, max: 1e5, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(anySpan, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 60, max: 160 }),
      (all, width) => {
        const spans = all.map(([name, start, duration], index) =>
          span(name, [String(index + 1), index === 0 ? '' : '1', start, start + duration]),
        );
        const lines = renderTrace(toSpans(spans), { width, paint: plain }).split('\n');
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.filter((line) => /[█▐▏▎▍▌▋▊▉]/.test(line))).toHaveLength(all.length);
      },
    ),
  );
});

test('a trace of one instant and a trace of hours have readable axes', () => {
  const axisOf = (endMs: number): string =>
    renderTrace(toSpans([span('s', ['1', '', 0, endMs])]), { width: 100, paint: plain })
      .split('\n')[2]
      ?.trim() ?? '';
  expect(axisOf(0)).toBe('│0 ms');
  expect(axisOf(3_600_000)).toMatch(/^│0 ms +│16\.7 min/);
});

test.each([66, 80, 100, 140])(
  'metrics fit into %i columns, the longest name of an SDK too',
  (width) => {
    const [first] = someMetrics;
    const name = 'otel.sdk.exporter.metric_data_point.exported';
    const rendered = renderMetrics(toMetrics([...someMetrics, { ...first, name }]), {
      width,
      paint: plain,
    });
    expect(rendered).toContain(name);
    for (const line of rendered.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
  },
);
