// The end of the environment, and the life on Managed Instances, which know no other event.
import { settled } from './manual-clock';
import { Scene } from './scene';

it('on Managed Instances, the lifecycle exports five seconds after data came in, and arms no timer without data', async () => {
  const scene = new Scene({ isManagedInstance: true });
  await settled();
  expect(scene.clock.armed).toBe(0);
  scene.batch();
  await scene.clock.advance(3_000);
  scene.batch();
  await scene.clock.advance(1_999);
  expect(scene.pipeline.flushes).toHaveLength(0);
  scene.pipeline.idle = true;
  await scene.clock.advance(1);
  expect(scene.pipeline.flushes).toHaveLength(1);
  expect(scene.clock.armed).toBe(0);
});

it('on Managed Instances, the lifecycle exports at once when the buffer is half full', async () => {
  const scene = new Scene({ isManagedInstance: true });
  await settled();
  scene.pipeline.onNeedsFlush?.();
  expect(scene.pipeline.flushes).toHaveLength(1);
});

it('on Managed Instances, the lifecycle tries again every five seconds what stayed', async () => {
  const scene = new Scene({ isManagedInstance: true });
  await settled();
  scene.pipeline.flushTakesMs = Number.POSITIVE_INFINITY;
  scene.batch();
  await scene.clock.advance(30_000);
  expect(scene.pipeline.flushes).toHaveLength(3);
});

it('on Managed Instances, the lifecycle stops its timer at SHUTDOWN', async () => {
  const scene = new Scene({ isManagedInstance: true });
  await settled();
  scene.batch();
  await scene.shutdown();
  await scene.clock.advance(20_000);
  expect(scene.end).toEqual({ kind: 'shutdown' });
  expect(scene.pipeline.flushes).toHaveLength(0);
});

it('SHUTDOWN waits for late telemetry until it is quiet, then lets the pipeline end', async () => {
  const scene = new Scene();
  await settled();
  const startMs = scene.clock.now();
  await scene.shutdown(2_000);
  await scene.clock.advance(40);
  scene.batch();
  await scene.clock.advance(49);
  expect(scene.pipeline.shutdowns).toHaveLength(0);
  await scene.clock.advance(1);
  expect(scene.pipeline.shutdowns).toEqual([
    { atMs: startMs + 90, reason: 'spindown', deadlineMs: startMs + 1_850 },
  ]);
  await settled();
  expect(scene.end).toEqual({ kind: 'shutdown' });
  expect(scene.clock.armed).toBe(0);
});

it('SHUTDOWN waits longer while an invocation is open, for a runtimeDone that comes late', async () => {
  const scene = new Scene();
  await scene.invoke('r1', 1_000);
  await scene.clock.advance(1_000);
  const startMs = scene.clock.now();
  await scene.shutdown(2_000, 'timeout');
  await scene.clock.advance(500);
  expect(scene.pipeline.shutdowns[0]).toMatchObject({ atMs: startMs + 100, reason: 'timeout' });
});

it('SHUTDOWN does not wait for ever for a stream that never is quiet', async () => {
  const scene = new Scene();
  await settled();
  const startMs = scene.clock.now();
  await scene.shutdown(2_000);
  while (scene.pipeline.shutdowns.length === 0) {
    scene.batch();
    await scene.clock.advance(10);
  }
  expect(scene.pipeline.shutdowns[0]?.atMs).toBe(startMs + 400);
});

it.each([2_000, 1_000, 300, 50])(
  'SHUTDOWN is over within %p ms when the pipeline hangs',
  async (timeoutMs) => {
    const scene = new Scene();
    scene.pipeline.shutdownTakesMs = Number.POSITIVE_INFINITY;
    await settled();
    await scene.shutdown(timeoutMs);
    await scene.clock.advance(timeoutMs - 1);
    expect(scene.end).toEqual({ kind: 'shutdown' });
    expect(scene.pipeline.log.at(-1)).toBe('end');
  },
);

it('SHUTDOWN says what nobody could read, where it comes before the pipeline', async () => {
  const scene = new Scene({}, new Promise(() => undefined));
  const unread = { bodies: 2, bytes: 300, records: 5 };
  scene.telemetry.close = () => Promise.resolve(unread);
  await settled();
  await scene.shutdown(2_000);
  await scene.clock.advance(1_999);
  expect(scene.end).toEqual({ kind: 'shutdown' });
  expect(scene.diagnostics.lines).toEqual([
    'warn stopped: nothing was delivered, because SHUTDOWN came before the pipeline was loaded',
  ]);
});

it.each([Number.NaN, -5_000, 0])(
  'SHUTDOWN takes a second when the deadline is %p ms ahead',
  async (timeoutMs) => {
    const scene = new Scene();
    await settled();
    const startMs = scene.clock.now();
    await scene.shutdown(timeoutMs, 'SandboxTerminated');
    await scene.clock.advance(1_000);
    expect(scene.pipeline.shutdowns).toEqual([
      { atMs: startMs + 50, reason: 'SandboxTerminated', deadlineMs: startMs + 850 },
    ]);
  },
);

it.each([-2 * 3_600_000, 2 * 3_600_000])(
  'SHUTDOWN is over in time when the clock is set by %d ms meanwhile',
  async (byMs) => {
    const scene = new Scene();
    scene.pipeline.shutdownTakesMs = Number.POSITIVE_INFINITY;
    await settled();
    await scene.shutdown(2_000);
    scene.clock.set(byMs);
    await scene.clock.advance(1_000);
    expect(scene.pipeline.shutdowns).toHaveLength(1);
    scene.clock.set(-byMs);
    await scene.clock.advance(999);
    expect(scene.end).toEqual({ kind: 'shutdown' });
  },
);

it('SHUTDOWN comes once, also with two signals', async () => {
  const scene = new Scene();
  await settled();
  scene.lifecycle.stop('SIGTERM');
  scene.lifecycle.stop('SIGTERM');
  await scene.shutdown();
  await scene.clock.advance(2_000);
  expect(scene.pipeline.shutdowns).toMatchObject([{ reason: 'SIGTERM' }]);
  expect(scene.end).toEqual({ kind: 'shutdown' });
});

it('SHUTDOWN comes by a signal while an invocation is waited for', async () => {
  const scene = new Scene();
  await scene.invoke('r1', 60_000);
  scene.lifecycle.stop('SIGTERM');
  await scene.clock.advance(1_000);
  expect(scene.end).toEqual({ kind: 'shutdown' });
});
