// What the function's SDK hands over, taken apart: scanned in protobuf, transcoded from JSON.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleAsLayer } from '../bundle-as-layer';
import { LAYER } from '../contestants';
import type { Figure, Section } from '../figure';

const run = promisify(execFile);
const PARSE = 'JSON.parse';

interface Costs {
  readonly bytes: { readonly protobuf: number; readonly json: number };
  /** CPU milliseconds per round, in the order of rounds. */
  readonly scan: readonly number[];
  readonly transcode: readonly number[];
  readonly parse: readonly number[];
}

export interface RelayOptions {
  readonly node: string;
  readonly spans: number;
  readonly rounds: number;
}

function toFigures({ scan, transcode, parse }: Costs): readonly Figure[] {
  // The first rounds are compiled while they run.
  const warm = (samples: readonly number[]): readonly number[] => samples.slice(2);
  const figure = (title: string, samples: readonly number[], factor: number): Figure => ({
    title,
    unit: 'ms',
    goal: { ratio: { factor, to: PARSE } },
    samples: { [LAYER]: warm(samples), [PARSE]: warm(parse) },
  });
  return [
    figure('protobuf, body to items', scan, 0.15),
    figure('JSON, body to protobuf items', transcode, 2.5),
  ];
}

export async function measureRelay({ node, spans, rounds }: RelayOptions): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-otlp-bench-'));
  try {
    const program = await bundleAsLayer('relay/relay.ts', folder);
    const { stdout } = await run(node, [program, String(spans), String(rounds + 2)]);
    const costs = JSON.parse(stdout) as Costs;
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
    return {
      title: 'What an SDK hands over',
      note: `CPU of ${spans.toLocaleString('en')} spans in requests of 50, ${megabytes(costs.bytes.protobuf)} MB in protobuf and ${megabytes(costs.bytes.json)} MB in JSON, checked and taken apart in one process; median of ${rounds} rounds in turns with JSON.parse of the same spans.`,
      subjects: [LAYER, PARSE],
      figures: toFigures(costs),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
