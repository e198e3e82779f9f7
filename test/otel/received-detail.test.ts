// LAMBDA_OTLP_KEEP and LAMBDA_OTLP_OTHERS over what the function's SDK handed over.
import * as fc from 'fast-check';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { createEnvironment } from '../../src/environment';
import { createTranslator } from '../../src/extension/create-translator';
import { ReceivedSpans } from '../../src/invocation/received-spans';
import { Attribution } from '../../src/otel/attribution';
import { isErrorRecord, readTracestate } from '../../src/otel/received-marks';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import { readAttributes } from '../../src/relay/attributes';
import { bytesOf } from '../../src/relay/item';
import type { RawItem } from '../../src/relay/item';
import { ReceivedLogRecord } from '../../src/relay/scan-request';
import { ReceivedSpan } from '../../src/relay/received-span';
import { decodeBatch } from '../../src/telemetry/decode';
import { cpuRatio } from '../cpu';
import { silentDiagnostics } from '../extension/recorded-diagnostics';
import { at, done, init, report, REQUEST, start } from '../invocation/scenario';
import type { WireEvent } from '../invocation/scenario';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SERVER = 'aaaaaaaaaaaaaaaa';
const CALLER = '00f067aa0ba902b7';
const nothing = { bytes: new Uint8Array(0), schemaUrl: '' };
const nanosAt = (ms: number) => {
  const nanos = BigInt(at(ms)[0]) * 1_000_000_000n + BigInt(at(ms)[1]);
  return { low: Number(BigInt.asIntN(32, nanos)), high: Number(nanos >> 32n) };
};
const toKeyValues = (attributes: Readonly<Record<string, string | number>>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }));

interface SdkSpan {
  readonly id?: string;
  readonly trace?: string;
  readonly parent?: string | undefined;
  readonly kind?: number;
  readonly ms?: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly status?: number;
  readonly traceState?: string;
}

function span(fields: SdkSpan): ReceivedSpan {
  const { id = 'bbbbbbbbbbbbbbbb', trace = TRACE, parent = SERVER, kind = 3, ms = 1010 } = fields;
  const block = encodeOtlpMessage('Span', {
    traceId: Buffer.from(trace, 'hex'),
    spanId: Buffer.from(id, 'hex'),
    ...(parent === '' ? {} : { parentSpanId: Buffer.from(parent, 'hex') }),
    name: id,
    kind,
    startTimeUnixNano: nanosAt(ms),
    endTimeUnixNano: nanosAt(ms + 1),
    attributes: toKeyValues(fields.attributes ?? {}),
    status: { code: fields.status ?? 0 },
    ...(fields.traceState === undefined ? {} : { traceState: fields.traceState }),
    flags: 0x101,
  });
  return new ReceivedSpan(
    { block, start: 0, end: block.length },
    { resource: nothing, scope: nothing },
  );
}

const server = (fields: SdkSpan = {}): ReceivedSpan =>
  span({
    id: SERVER,
    parent: CALLER,
    kind: 2,
    ...fields,
    attributes: { 'faas.invocation_id': REQUEST, ...fields.attributes },
  });

interface SdkRecord {
  readonly text: string;
  readonly severity?: number;
  readonly trace?: string | undefined;
  readonly ms?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

function record({ text, severity = 5, ms = 1010, ...fields }: SdkRecord): ReceivedLogRecord {
  const { trace = TRACE } = fields;
  const block = encodeOtlpMessage('LogRecord', {
    timeUnixNano: nanosAt(ms),
    severityNumber: severity,
    body: { stringValue: text },
    attributes: toKeyValues(fields.attributes ?? {}),
    ...(trace === '' ? {} : { traceId: Buffer.from(trace, 'hex') }),
  });
  const part = { block, start: 0, end: block.length };
  return new ReceivedLogRecord(part, { resource: nothing, scope: nothing });
}

type Step = ReceivedSpan | ReceivedLogRecord | WireEvent | 'settle';
const invoke = { requestId: REQUEST, deadlineMs: 0 };

/** What has left when the environment ends, if not before. */
function run(variables: Readonly<Record<string, string>>, steps: readonly Step[]) {
  const environment = createEnvironment(
    { LAMBDA_OTLP_OTHERS: 'summary', ...variables },
    silentDiagnostics,
  );
  const isJoining = variables['LAMBDA_OTLP_JOIN'] !== 'off';
  const translator = createTranslator({
    environment,
    settings: readTranslationSettings(environment),
    ...(isJoining && { received: new ReceivedSpans() }),
    createEnvironmentId: () => 'e-1',
  });
  const spans: ReceivedSpan[] = [];
  const records: ReceivedLogRecord[] = [];
  const own: string[] = [];
  const dropped: Record<string, number> = {};
  const take = (item: RawItem): void => {
    if (item instanceof ReceivedSpan) spans.push(item);
    else if (item instanceof ReceivedLogRecord) records.push(item);
  };
  const settle = (reason?: string): void => {
    const ending = reason === undefined ? undefined : { reason, time: at(60_000) };
    const left = translator.settle(ending);
    [...left.received, ...left.receivedRecords].forEach(take);
    own.push(...left.spans.map(({ name }) => name));
    for (const { instrument, attributes, value } of left.measurements) {
      if (instrument !== 'lambda.detail.dropped') continue;
      const key = `${String(attributes['signal'])} ${String(attributes['reason'])}`;
      dropped[key] = (dropped[key] ?? 0) + value;
    }
  };
  translator.invoke(invoke);
  for (const step of steps) {
    if (step === 'settle') settle();
    else if (step instanceof ReceivedSpan || step instanceof ReceivedLogRecord) {
      const signal = step instanceof ReceivedSpan ? 'traces' : 'logs';
      const passing = translator.reception.accept(signal, step, new Set());
      if (passing !== undefined) take(passing);
      translator.reception.takeExcess().forEach(take);
    } else translator.accept(decodeBatch(JSON.stringify([step]), at(2000)), at(2000));
  }
  const early = [...spans, ...records].length;
  settle('spindown');
  const texts = records.map((item) => {
    const text = Buffer.from(bytesOf(item)).toString('latin1');
    return /(?:detail|careful|lost|nobody)(?: \d+)?/.exec(text)?.[0] ?? '';
  });
  const ids = spans.map(({ spanId }) => spanId);
  return { spans, records, ids, texts: texts.sort(), own: own.sort(), dropped, early };
}

const attributesOf = (item: ReceivedSpan | undefined) =>
  Object.fromEntries(item === undefined ? [] : readAttributes(bytesOf(item), 9));
const ended = [start(1000), done(1200), report(1210)];
const detail = () => [
  span({}),
  span({ id: 'cccccccccccccccc', ms: 1020 }),
  record({ text: 'detail' }),
  record({ text: 'careful', severity: 13 }),
];
const whole = { ids: expect.arrayContaining(['bbbbbbbbbbbbbbbb', SERVER]) as string[] };

describe('what the SDK says of a success', () => {
  it('is its SERVER span and its warnings, and what went is counted', () => {
    const seen = run({}, [...detail(), server(), ...ended]);
    expect(seen).toMatchObject({ ids: [SERVER], texts: ['careful'] });
    // Ours: three phases of the response and one of the report.
    expect(seen.dropped).toEqual({ 'traces sampled': 2 + 4, 'logs sampled': 1 });
    expect(attributesOf(seen.spans[0])).toMatchObject({
      'lambda.spans_dropped': 2 + 4,
      'lambda.log_records_dropped': 1,
      'lambda.status': 'success',
    });
  });

  it('is nothing under OTHERS=none', () => {
    const seen = run({ LAMBDA_OTLP_OTHERS: 'none' }, [...detail(), server(), ...ended]);
    expect(seen).toMatchObject({ ids: [], texts: [], own: [] });
    expect(seen.dropped).toEqual({ 'traces sampled': 3 + 4, 'logs sampled': 2 + 1 });
  });

  it('is all there under OTHERS=all, byte for byte', () => {
    const items = detail();
    const seen = run({ LAMBDA_OTLP_OTHERS: 'all' }, [...items, ...ended]);
    expect([...seen.spans, ...seen.records].map(({ block }) => block).sort()).toEqual(
      items.map(({ block }) => block).sort(),
    );
  });

  it('follows its request where nothing is joined', () => {
    const seen = run({ LAMBDA_OTLP_JOIN: 'off' }, [...detail(), server(), ...ended]);
    expect(seen).toMatchObject({ ids: [], texts: ['careful'], own: ['lambda'] });
  });

  it('that comes late, after its end, is still dropped and counted', () => {
    const seen = run({}, [server(), ...ended, 'settle', ...detail(), 'settle']);
    expect(seen).toMatchObject({ ids: [SERVER], texts: ['careful'] });
    expect(seen.dropped).toEqual({ 'traces sampled': 2 + 4, 'logs sampled': 1 });
  });
});

describe('a request is kept whole', () => {
  it.each([
    ['errors', 'the status of its SERVER span', server({ status: 2 })],
    ['http5xx', 'its status code', server({ attributes: { 'http.response.status_code': 503 } })],
    ['http5xx', 'the older name', server({ attributes: { 'http.status_code': 500 } })],
    ['error_logs', 'an ERROR record', record({ text: 'lost', severity: 17 })],
    ['error_logs', 'an exception', record({ text: 'lost', attributes: { 'exception.type': 'E' } })],
  ])('%s: by %s', (rule, _, sign) => {
    const others = sign instanceof ReceivedSpan ? [] : [server()];
    const seen = run({ LAMBDA_OTLP_KEEP: rule }, [...detail(), sign, ...others, ...ended]);
    expect(seen).toMatchObject(whole);
    expect(seen.texts).toContain('detail');
    expect(seen.dropped).toEqual({});
    const rest = run({ LAMBDA_OTLP_KEEP: 'slow>1s' }, [...detail(), sign, ...others, ...ended]);
    expect(rest.texts).not.toContain('detail');
  });

  it('by a SERVER span that names no request', () => {
    const manual = span({ id: SERVER, parent: '', kind: 2, status: 2 });
    const seen = run({ LAMBDA_OTLP_KEEP: 'errors' }, [...detail(), manual, ...ended]);
    expect(seen).toMatchObject(whole);
  });

  it('early, so that nothing is held of a request that is known to be worth it', () => {
    const lost = record({ text: 'lost', severity: 17 });
    const seen = run({ LAMBDA_OTLP_KEEP: 'error_logs' }, [start(1000), 'settle', lost, 'settle']);
    expect(seen.early).toBe(1);
  });

  it('early, in its SERVER span, though the sampler would drop ours', () => {
    const variables = {
      LAMBDA_OTLP_KEEP: 'error_logs',
      LAMBDA_OTLP_SPAN_AT: 'report',
      OTEL_TRACES_SAMPLER: 'always_off',
    };
    const lost = record({ text: 'lost', severity: 17 });
    const first = [start(1000), lost, 'settle', server(), done(1200), 'settle'] as const;
    for (const others of ['all', 'summary']) {
      const seen = run({ ...variables, LAMBDA_OTLP_OTHERS: others }, [...first, report(1210)]);
      expect(seen.own).toEqual(expect.arrayContaining(['responseLatency', 'runtimeOverhead']));
    }
  });

  it('by an ERROR record, however many another request has', () => {
    const other = '9d6b1f8e-2f6c-4a2f-9c0b-0f6c2b1a7d3f';
    const otherTrace = '1af7651916cd43dd8448eb211c80319c';
    const many = Array.from({ length: 100 }, () => record({ text: 'lost', severity: 17, ms: 500 }));
    const steps = [
      ...[start(490, other), ...many, done(510, other)],
      record({ text: 'lost', severity: 17, trace: otherTrace }),
      span({ trace: otherTrace }),
      ...ended,
    ];
    expect(run({ LAMBDA_OTLP_KEEP: 'error_logs' }, steps).ids).toHaveLength(1);
  });

  it('from when a late SERVER span says that it failed', () => {
    const variables = { LAMBDA_OTLP_KEEP: 'errors' };
    const late = [server({ status: 2 }), span({}), 'settle'] as const;
    const seen = run(variables, [...ended, 'settle', ...late]);
    expect(seen).toMatchObject(whole);
  });
});

describe('on Managed Instances', () => {
  const instances = init(0, { initializationType: 'lambda-managed-instances' });
  const other = '9d6b1f8e-2f6c-4a2f-9c0b-0f6c2b1a7d3f';
  const both = [...instances, start(1000), start(1001, other)];
  const over = [done(1200), report(1210), done(1201, other), report(1211, other)];

  it.each(['merge', 'off'])('the trace of a SERVER span is its request’s: JOIN=%s', (join) => {
    const seen = run({ LAMBDA_OTLP_JOIN: join }, [...both, ...detail(), server(), ...over]);
    expect(seen.texts).toEqual(['careful']);
    expect(seen.dropped['logs sampled']).toBeGreaterThan(0);
  });

  it('an ERROR record counts though the SERVER span that tells its request comes later', () => {
    const lost = record({ text: 'lost', severity: 17 });
    const late = ['settle', 'settle', 'settle', server()] as const;
    const steps = [...both, ...detail(), lost, ...late, ...over];
    const seen = run({ LAMBDA_OTLP_KEEP: 'error_logs' }, steps);
    expect(seen).toMatchObject(whole);
    expect(seen.texts).toContain('detail');
  });
});

describe('what belongs to no request', () => {
  it.each([
    ['before it', 500],
    ['after it', 5000],
  ])('is never dropped: %s', (_, ms) => {
    const other = '1af7651916cd43dd8448eb211c80319c';
    const nobodys = [
      span({ id: 'dddddddddddddddd', trace: other, ms }),
      record({ text: 'nobody', trace: '', ms }),
    ];
    const seen = run({}, [...nobodys, ...ended]);
    expect(seen).toMatchObject({ ids: ['dddddddddddddddd'], texts: ['nobody'] });
  });

  it('passes too where no event ever comes', () => {
    const seen = run({}, [...detail(), 'settle', 'settle', 'settle']);
    expect(seen.ids).toHaveLength(2);
    expect(seen.texts).toEqual(['careful', 'detail']);
  });
});

describe('of a drawn request', () => {
  const drawn = '0af7651916cd43dd84f8eb211c80319c';
  const variables = { LAMBDA_OTLP_OTHERS_RATIO: '0.25', LAMBDA_OTLP_OTHERS: 'none' };
  const statesOf = (traceState: string | undefined, trace = drawn) => {
    const state = traceState === undefined ? {} : { traceState };
    const seen = run(variables, [span({ trace, ...state }), server({ trace, ...state }), ...ended]);
    return seen.spans.map((left) => readTracestate(left));
  };

  it.each([
    ['ot=th:8', 'ot=th:c'],
    ['ot=th:e', 'ot=th:e'],
    ['a=1,ot=x:y;th:8,b=2', 'ot=th:c;x:y,a=1,b=2'],
    ['a=1,ot=th:e,b=2', 'a=1,ot=th:e,b=2'],
    ['ot=th:ff', ''],
    ['a=1', 'a=1'],
    [undefined, ''],
  ])('tracestate %s leaves as %j', (before, after) => {
    expect(statesOf(before)).toEqual([after, after]);
  });

  it('that begins here by always_on, as the SDK was told, the probability is known', () => {
    const root = { trace: drawn, parent: '' };
    const items = [span({ trace: drawn }), server(root), ...ended];
    const seen = run({ ...variables, OTEL_TRACES_SAMPLER: 'always_on' }, items);
    expect(seen.spans.map((left) => readTracestate(left))).toEqual(['ot=th:c', 'ot=th:c']);
    const unsaid = run(variables, items);
    expect(unsaid.spans.map((left) => readTracestate(left))).toEqual(['', '']);
  });

  it('the draw is by rv where the SDK says it', () => {
    expect(statesOf('ot=rv:f0000000000000;th:0', TRACE)).toHaveLength(2);
    expect(statesOf('ot=rv:10000000000000;th:0', drawn)).toEqual([]);
  });

  it('spans of other traces follow it, and say nothing of how', () => {
    const other = '1af7651916cd43dd84f8eb211c80319c';
    const strangers = [span({ id: 'dddddddddddddddd', trace: other, traceState: 'ot=th:8' })];
    const seen = run(variables, [server({ trace: drawn }), ...strangers, ...ended]);
    const stranger = seen.spans.find(({ spanId }) => spanId === 'dddddddddddddddd');
    expect(stranger && readTracestate(stranger)).toBe('');
  });

  it('records of one that was kept early say that they are certain', () => {
    const lost = record({ text: 'lost', severity: 17 });
    const { records } = run({ LAMBDA_OTLP_KEEP: 'error_logs' }, [start(1000), lost, 'settle']);
    const [attributes] = records.map((item) => readAttributes(bytesOf(item), 6));
    expect(attributes?.get('sampling.threshold')).toBe('0');
    expect(attributes?.get('sampling.randomness')).toBe(TRACE.slice(-14));
  });

  it('records say it as the Collector does', () => {
    const lines = [record({ text: 'detail', trace: drawn })];
    const seen = run(variables, [server({ trace: drawn }), ...lines, ...ended]);
    const [left] = seen.records;
    expect(Object.fromEntries(left === undefined ? [] : readAttributes(bytesOf(left), 6))).toEqual({
      'sampling.threshold': 'c',
      'sampling.randomness': drawn.slice(-14),
    });
  });
});

describe('what is held', () => {
  const many = Array.from({ length: 3000 }, (_, index) =>
    record({ text: `detail ${index}`, ms: 1010 }),
  );
  const variables = { LAMBDA_OTLP_BUFFER_BYTES: '1048576', LAMBDA_OTLP_KEEP: 'errors' };
  const first = [start(1000), 'settle', server()] as const;

  it('is bounded, the oldest goes first, and what went is counted even of a request that is kept', () => {
    const failed = done(1200, REQUEST, { status: 'error' });
    const seen = run(variables, [...first, ...many, 'settle', failed, report(1210)]);
    const gone = seen.dropped['logs hold_full'] ?? 0;
    expect(gone).toBeGreaterThan(1000);
    expect(seen.records).toHaveLength(3000 - gone);
    expect(seen.texts).toContain('detail 2999');
    expect(attributesOf(seen.spans[0])).toMatchObject({ 'lambda.log_records_dropped': gone });
  });

  it('is counted wholly of one that is not', () => {
    const seen = run(variables, [...first, ...many, 'settle', done(1200), report(1210)]);
    const { 'logs hold_full': full = 0, 'logs sampled': sampled = 0 } = seen.dropped;
    expect(full + sampled).toBe(3000);
    expect(seen.records).toEqual([]);
  });
});

it('its request is found at the same cost, however many are remembered', async () => {
  const search = (requests: number) => {
    const attribution = new Attribution();
    const traceIdOf = (index: number) => String(index).padStart(32, '0');
    for (let index = 0; index < requests; index += 1)
      attribution.own(`r-${index}`, traceIdOf(index));
    return () => {
      for (let index = 0; index < 20_000; index += 1) {
        const item = { traceId: traceIdOf(index % requests), timeMs: index };
        attribution.find(item, { isConcurrent: false, awaited: undefined });
      }
    };
  };
  expect(await cpuRatio(search(256), search(2), 5)).toBeLessThan(5);
});

it('order and split of what comes do not matter', () => {
  const items: readonly Step[] = [...detail(), server({ status: 2 }), ...ended];
  const fingerprint = (seen: ReturnType<typeof run>) => ({
    ids: [...seen.ids].sort(),
    texts: seen.texts,
    dropped: seen.dropped,
  });
  for (const keep of ['errors', 'slow>1s']) {
    const variables = { LAMBDA_OTLP_KEEP: keep };
    const expected = fingerprint(run(variables, items));
    const sdk = items.slice(0, 5);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...sdk], { minLength: sdk.length }),
        fc.array(fc.nat(8), { maxLength: 3 }),
        (shuffled, settles) => {
          const steps: Step[] = [start(1000), ...shuffled];
          for (const index of settles) steps.splice(index, 0, 'settle');
          expect(fingerprint(run(variables, [...steps, done(1200), report(1210)]))).toEqual(
            expected,
          );
        },
      ),
      { numRuns: 60 },
    );
  }
});

it('an ERROR record is one by its severity or by its exception', () => {
  expect(isErrorRecord(record({ text: 'lost', severity: 16 }))).toBe(false);
  expect(isErrorRecord(record({ text: 'lost', severity: 17 }))).toBe(true);
});
