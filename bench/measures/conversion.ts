// Conversion and encoding of many log lines: the layer's own code, bundled as the layer is, in a
// process of its own for each format.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleAsLayer } from '../bundle-as-layer';
import type { LineFormat } from '../conversion/lines';
import { LAYER } from '../contestants';
import type { Figure, Section } from '../figure';

const run = promisify(execFile);
const PARSE = 'JSON.parse';
const SERIALIZER = "library's serializer";
const ENCODER = 'our encoder';
const NO_RULE = 'no rule';

interface Costs {
  readonly bytes: number;
  /** CPU milliseconds per round, in the order of rounds. */
  readonly parse: readonly number[];
  readonly whole: readonly number[];
  /** The same with every rule of redaction and filters. */
  readonly ruled: readonly number[];
  readonly encoder: readonly number[];
  readonly serializer: readonly number[];
}

export interface ConversionOptions {
  readonly node: string;
  readonly lines: number;
  readonly rounds: number;
}

function toFigures(format: LineFormat, costs: Costs): readonly Figure[] {
  const { parse, whole, ruled, encoder, serializer } = costs;
  const without = (other: readonly number[]): readonly number[] =>
    whole.map((ms, round) => ms - (parse[round] ?? 0) - (other[round] ?? 0));
  // The first round is compiled while it runs.
  const warm = (samples: readonly number[]): readonly number[] => samples.slice(1);
  const first = (samples: readonly number[]): readonly number[] => samples.slice(0, 1);
  const toSamples = (take: typeof warm): Figure['samples'] => ({
    [LAYER]: take(whole),
    [PARSE]: take(parse),
    [ENCODER]: take(encoder),
    [SERIALIZER]: take(serializer),
  });
  return [
    {
      title: `${format} lines, once warm`,
      unit: 'ms',
      goal: { ratio: { factor: 6, to: PARSE } },
      samples: toSamples(warm),
    },
    {
      // Below zero: all of it costs less than the two together.
      title: `${format} lines, less JSON.parse and the library's serializer`,
      unit: 'ms',
      goal: { ratio: { factor: 1, to: PARSE } },
      samples: { [LAYER]: warm(without(serializer)), [PARSE]: warm(parse) },
    },
    {
      title: `${format} lines, less JSON.parse and our encoder`,
      unit: 'ms',
      goal: { ratio: { factor: 1, to: PARSE } },
      samples: { [LAYER]: warm(without(encoder)), [PARSE]: warm(parse) },
    },
    {
      title: `${format} lines, every rule of redaction and filters on`,
      unit: 'ms',
      goal: { ratio: { factor: 1.15, to: NO_RULE } },
      samples: { [LAYER]: warm(ruled), [NO_RULE]: warm(whole) },
    },
    { title: `${format} lines, first time in the process`, unit: 'ms', samples: toSamples(first) },
  ];
}

export async function measureConversion(options: ConversionOptions): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-bench-'));
  const figures: Figure[] = [];
  let megabytes = '';
  try {
    const program = await bundleAsLayer('conversion/conversion.ts', folder);
    for (const format of ['text', 'json'] as const) {
      const parameters = [program, format, String(options.lines), String(options.rounds + 1)];
      const { stdout } = await run(options.node, parameters);
      const costs = JSON.parse(stdout) as Costs;
      figures.push(...toFigures(format, costs));
      megabytes += `${megabytes === '' ? '' : ' and '}${(costs.bytes / 1e6).toFixed(0)} MB`;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    title: 'Conversion',
    note: `CPU of ${options.lines.toLocaleString('en')} log lines (${megabytes}) from Telemetry API bodies to encoded OTLP requests, in one process: without rules and with every rule, in turns body by body. Beside them JSON.parse of the same bytes, and our encoder and the library's protobuf serializer over the same records. Medians of ${options.rounds} rounds.`,
    subjects: [LAYER, NO_RULE, PARSE, ENCODER, SERIALIZER],
    figures,
  };
}
