// Properties of the whole core, through protobuf and an independent decoder. RUNS=10000 for a long run.
import fc from 'fast-check';
import { checkOtlp } from 'local-lambda/otlp/proto-rules';
import type { ReplayItem } from '../../src/replay/read-input';
import { replayItemsToOtlp } from '../golden/replay-to-otlp';
import type { DecodedRequest } from '../golden/replay-to-otlp';
import { damagedLife, environmentLife, shuffledWithDuplicates } from './arbitrary-events';

const runs = Number(process.env['RUNS'] ?? 150);
const parameters = {
  numRuns: runs,
  ...(process.env['RUNS'] === undefined ? { seed: 20261121 } : {}),
};

const toItems = (values: readonly unknown[]): ReplayItem[] =>
  values.map((value) => ({ kind: 'event', value }));

const translate = (values: readonly unknown[], chunkEvents?: number) =>
  replayItemsToOtlp(toItems(values), chunkEvents === undefined ? {} : { chunkEvents });

interface Signals {
  readonly spans: string[];
  readonly logs: string[];
  readonly points: string[];
}

/** All items as sorted text, without what order legitimately decides (the nanoseconds that part equal times). */
function toSignals(requests: readonly DecodedRequest[]): Signals {
  const spans: string[] = [];
  const logs: string[] = [];
  const points: string[] = [];
  for (const { signal, request } of requests) {
    if (signal === 'traces') {
      const scopes = request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans);
      spans.push(...scopes.flatMap((scope) => scope.spans.map(toText)));
    } else if (signal === 'logs') {
      const scopes = request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs);
      logs.push(...scopes.flatMap(({ logRecords }) => logRecords.map(toMillisecondText)));
    } else {
      const scopes = request.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics);
      points.push(...scopes.flatMap(({ metrics }) => metrics.map(toText)));
    }
  }
  return { spans: spans.sort(), logs: logs.sort(), points: points.sort() };
}

function toMillisecondText(record: { readonly timeUnixNano: string }): string {
  const timeUnixMs = record.timeUnixNano.slice(0, -6);
  return toText({ ...record, observedTimeUnixNano: '', timeUnixNano: timeUnixMs });
}

const toText = (value: unknown): string => JSON.stringify(value);

describe('translation', () => {
  it('gives the same signals for any order of the same events, some of them twice', async () => {
    const life = environmentLife.chain((events) =>
      fc.tuple(fc.constant(events), shuffledWithDuplicates(platformOnly(events))),
    );
    await fc.assert(
      fc.asyncProperty(life, async ([events, shuffled]) => {
        const inOrder = toSignals(await translate(platformOnly(events)));
        const outOfOrder = toSignals(await translate(shuffled));
        expect(outOfOrder.spans).toEqual(inOrder.spans);
        expect(outOfOrder.logs).toEqual(inOrder.logs);
        expect(countsOf(outOfOrder.points)).toEqual(countsOf(inOrder.points));
      }),
      parameters,
    );
  });

  it('states each invocation once and counts it once, wherever the batches are cut', async () => {
    await fc.assert(
      fc.asyncProperty(environmentLife, fc.integer({ min: 1, max: 7 }), async (events, cut) => {
        const whole = toSignals(await translate(events));
        const pieces = toSignals(await translate(events, cut));
        const idsOf = (spans: readonly string[]) =>
          spans.map((text) => (JSON.parse(text) as { spanId: string }).spanId).sort();
        expect(idsOf(pieces.spans)).toEqual(idsOf(whole.spans));
        expect(new Set(idsOf(pieces.spans)).size).toBe(pieces.spans.length);
        expect(pieces.logs).toEqual(whole.logs);
        expect(countsOf(pieces.points)).toEqual(countsOf(whole.points));
      }),
      parameters,
    );
  });

  it('is total: damaged events never throw and never make OTLP that breaks its rules', async () => {
    await fc.assert(
      fc.asyncProperty(damagedLife, fc.integer({ min: 1, max: 50 }), async (events, cut) => {
        for (const { signal, request } of await translate(events, cut)) {
          expect(checkOtlp(signal, request)).toEqual([]);
        }
      }),
      parameters,
    );
  });

  it('loses none of the good records among bad ones', async () => {
    const bad = fc.oneof(
      fc.constant(null),
      fc.integer(),
      fc.string(),
      fc.constant([]),
      fc.constant({}),
    );
    await fc.assert(
      fc.asyncProperty(environmentLife, fc.array(bad, { maxLength: 20 }), async (events, junk) => {
        const clean = toSignals(await translate(events));
        const mixed = toSignals(await translate([...junk, ...events, ...junk]));
        expect(mixed).toEqual(clean);
      }),
      parameters,
    );
  });
});

/** Lines are data, not events with an identity: a line that comes twice was printed twice. */
function platformOnly<T extends { readonly type: string }>(events: readonly T[]): T[] {
  return events.filter(({ type }) => type !== 'function');
}

/** Sum and count per metric and attributes over all windows. */
function countsOf(metrics: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of metrics) {
    const { name, sum, histogram } = JSON.parse(text) as {
      name: string;
      sum?: { dataPoints: { attributes?: unknown; asDouble?: number; asInt?: string }[] };
      histogram?: { dataPoints: { attributes?: unknown; count?: string }[] };
    };
    for (const point of sum?.dataPoints ?? []) {
      const key = `${name} ${toText(point.attributes ?? [])}`;
      counts[key] = (counts[key] ?? 0) + Number(point.asDouble ?? point.asInt);
    }
    for (const point of histogram?.dataPoints ?? []) {
      const key = `${name} ${toText(point.attributes ?? [])}`;
      counts[key] = (counts[key] ?? 0) + Number(point.count);
    }
  }
  return counts;
}
