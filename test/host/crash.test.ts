// The engine's process dies: the function's next invocations are as without the extension, one line says so,
// and the extension ends with 0 at SHUTDOWN.
import { readFileSync } from 'node:fs';
import { endRuns, startLayer } from '../scenarios/layer-run';
import type { LayerRun } from '../scenarios/layer-run';

afterEach(endRuns);

const ok = { action: 'log', lines: ['fine'] };

/** Of the two processes the one that was forked. */
function enginePid(run: LayerRun): number {
  const pid = run.lambda.extensions.find(({ name }) => name === 'lambda-otlp')?.pid ?? 0;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  expect(children).toMatch(/^\d+$/);
  return Number(children);
}

const errorsOf = (run: LayerRun): readonly unknown[] =>
  run
    .output()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
    .map((line) => JSON.parse(line) as unknown);

describe.each(['SIGSEGV', 'SIGKILL', 'SIGABRT'] as const)('after %s', (signal) => {
  test('of a frozen engine, invocations succeed, one line says so and SHUTDOWN ends it with 0', async () => {
    const run = await startLayer();
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    process.kill(enginePid(run), signal);
    for (let round = 0; round < 3; round += 1) {
      expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    }
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]).toMatchObject({ exitCode: 0, killed: false });
    expect(errorsOf(run)).toEqual([
      expect.objectContaining({ message: expect.stringContaining(signal) as unknown }),
    ]);
  });

  test('of an engine before the first invocation, invocations succeed', async () => {
    const run = await startLayer();
    process.kill(enginePid(run), signal);
    expect(await run.lambda.invoke(ok)).toMatchObject({ status: 'success' });
    const { extensions } = await run.lambda.shutdown();
    expect(extensions[0]).toMatchObject({ exitCode: 0, killed: false });
  });
});
