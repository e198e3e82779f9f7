// 100 000 log lines in one invocation, end to end: CPU, memory, and whether every line arrives; then
// the same with an endpoint that hangs and 128 MB for the extension.
import { invoke, startBenchLambda } from '../bench-lambda';
import type { BenchLambda } from '../bench-lambda';
import type { Contestant } from '../contestants';
import type { Figure, Section } from '../figure';
import { createMemoryLimit } from '../memory-limit';
import { startOtlpSink } from '../otlp-sink';
import { Samples } from '../samples';

const MEGABYTE = 1_000_000;
const LIMIT_BYTES = 128 * 1024 * 1024;
/** Large enough that the local Lambda drops nothing, so that whatever is missing was lost by the extension. */
const TELEMETRY_BACKLOG = { maxItems: 10_000_000, maxBytes: 2 ** 31 };

class Measures {
  readonly cpu = new Samples();
  readonly peak = new Samples();
  readonly after = new Samples();
  readonly arrived = new Samples();
  readonly limitedPeak = new Samples();
  readonly limitedExit = new Samples();
}

/** Of one line each, after the large one. */
const SMALL_INVOCATIONS = 3;

/** Invokes until the backlog of the one large invocation has been delivered. */
async function settle({ lambda }: BenchLambda): Promise<void> {
  for (let count = 0; count < SMALL_INVOCATIONS; count += 1) await invoke(lambda, 1);
}

async function runHealthy(
  contestant: Contestant,
  lines: number,
  measures: Measures,
): Promise<void> {
  const sink = await startOtlpSink();
  const options = {
    telemetryBacklog: TELEMETRY_BACKLOG,
    environment: { LAMBDA_OTLP_FLUSH: 'end' },
  };
  const bench = await startBenchLambda(contestant, sink.url, options);
  const { name } = contestant;
  try {
    await invoke(bench.lambda, 1);
    const before = bench.statistics();
    await invoke(bench.lambda, lines);
    await settle(bench);
    const after = bench.statistics();
    if (before !== undefined && after !== undefined) {
      measures.cpu.add(name, after.cpuMs - before.cpuMs);
      measures.peak.add(name, after.peakRssBytes / MEGABYTE);
      measures.after.add(name, after.anonymousBytes / MEGABYTE);
    }
  } finally {
    await bench.lambda.shutdown();
    if (contestant.kind !== 'floor')
      measures.arrived.add(name, (await sink.takeLineCount()) - 1 - SMALL_INVOCATIONS);
    await sink.close();
  }
}

async function runLimited(
  contestant: Contestant,
  lines: number,
  measures: Measures,
): Promise<string | undefined> {
  const limit = createMemoryLimit(LIMIT_BYTES);
  if (limit === undefined) return undefined;
  const sink = await startOtlpSink('hang');
  const limited = { ...contestant, command: limit.wrap(contestant.command) };
  try {
    const bench = await startBenchLambda(limited, sink.url, {
      telemetryBacklog: TELEMETRY_BACKLOG,
    });
    await invoke(bench.lambda, lines);
    await settle(bench);
    const peak = bench.statistics()?.peakRssBytes;
    const { extensions } = await bench.lambda.shutdown();
    if (peak !== undefined) measures.limitedPeak.add(contestant.name, peak / MEGABYTE);
    measures.limitedExit.add(contestant.name, extensions[0]?.exitCode === 0 ? 1 : 0);
  } finally {
    await sink.close();
    limit.close();
  }
  return limit.by;
}

function toFigures(lines: number, measures: Measures): readonly Figure[] {
  return [
    {
      title: `lines that arrived of ${lines.toLocaleString('en')}`,
      unit: 'lines',
      goal: { atLeast: lines },
      samples: measures.arrived.bySubject,
    },
    { title: 'CPU', unit: 'ms', samples: measures.cpu.bySubject },
    { title: 'peak RSS', unit: 'MB', samples: measures.peak.bySubject },
    { title: 'anonymous memory afterwards', unit: 'MB', samples: measures.after.bySubject },
    {
      title: 'peak RSS within 128 MB, endpoint hangs',
      unit: 'MB',
      goal: { atMost: LIMIT_BYTES / MEGABYTE },
      samples: measures.limitedPeak.bySubject,
    },
    {
      title: 'clean exit within 128 MB, endpoint hangs',
      unit: 'times',
      goal: { atLeast: 1 },
      samples: measures.limitedExit.bySubject,
    },
  ];
}

export async function measureBurst(
  contestants: readonly Contestant[],
  lines: number,
): Promise<Section> {
  const measures = new Measures();
  let limitedBy: string | undefined;
  for (const contestant of contestants) {
    await runHealthy(contestant, lines, measures);
    limitedBy = await runLimited(contestant, lines, measures);
  }
  const limit =
    limitedBy === undefined
      ? 'No memory limit could be set on this machine.'
      : `The limit of 128 MiB is held by ${limitedBy} for the extension alone.`;
  return {
    title: 'A burst',
    note: `${lines.toLocaleString('en')} log lines (about 200 bytes of telemetry each) in one invocation. ${limit}`,
    subjects: contestants.map(({ name }) => name),
    figures: toFigures(lines, measures),
  };
}
