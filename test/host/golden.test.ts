// The golden scenarios, and lives of environments at random, whole and damaged: on both hosts the same bytes
// would be sent. That Node.js's are right is what test/golden and test/properties show.
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { readInput } from '../../src/replay/read-input';
import type { ReplayItem } from '../../src/replay/read-input';
import { damagedLife, environmentLife } from '../properties/arbitrary-events';
import { bundleProgram, runOnHost, runOnNode } from './host-layer';

const LIVES = 60;
const golden = resolve(__dirname, '../golden');

function readScenario(name: string): readonly ReplayItem[] {
  const inputs = readdirSync(join(golden, name)).filter((file) => file.startsWith('input'));
  return inputs.sort().flatMap((file) => readInput(readFileSync(join(golden, name, file), 'utf8')));
}

const program = bundleProgram(`
  import { readFileSync, writeSync } from 'node:fs';
  import { createEnvironment } from './src/environment';
  import { ItemEncoder } from './src/delivery/codec/item-encoder';
  import { encodeLogRequest, encodeMetricsRequest, encodeTraceRequest } from './src/replay/encode-request';
  import { replay } from './src/replay/replay';
  const silent = { error() {}, warn() {}, info() {}, debug() {} };
  const encoder = new ItemEncoder(() => { throw new Error('expected every item to be encoded, one was not'); });
  // What has no time of its own gets that of now.
  Date.now = () => 1772439300000;
  async function main() {
    for (const items of JSON.parse(readFileSync(process.env.INPUT, 'utf8'))) {
      const sent = [];
      const take = (bytes) => void sent.push(Buffer.from(bytes).toString('hex'));
      await replay(items, {
        environment: createEnvironment({ OTEL_RESOURCE_ATTRIBUTES: 'host.arch=amd64' }, silent),
        createEnvironmentId: () => '0f0e0d0c-0b0a-4908-8706-050403020100',
        sink: {
          spans: (spans) => take(encodeTraceRequest(encoder, spans)),
          logRecords: (records) => take(encodeLogRequest(encoder, records)),
          metrics: (window) => take(encodeMetricsRequest(encoder, window)),
        },
      });
      writeSync(1, JSON.stringify(sent) + '\\n');
    }
    process.exit(0);
  }
  main();
`);

const toItems = (values: readonly unknown[]): readonly ReplayItem[] =>
  values.map((value) => ({ kind: 'event', value }));

function expectSame(lives: readonly (readonly ReplayItem[])[]): void {
  const input = JSON.stringify(lives);
  const onHost = runOnHost(program, input).split('\n');
  const onNode = runOnNode(program, input).split('\n');
  expect(onHost).toHaveLength(lives.length + 1);
  expect(onHost).toEqual(onNode);
}

test('golden scenarios give the same requests on both hosts', () => {
  const names = readdirSync(golden, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expectSame(names.map(({ name }) => readScenario(name)));
});

test('any life of an environment, damaged or not, gives the same requests on both hosts', () => {
  const life = fc.oneof(environmentLife, damagedLife).map(toItems);
  expectSame(fc.sample(life, { numRuns: LIVES, seed: 20_260_302 }));
});
