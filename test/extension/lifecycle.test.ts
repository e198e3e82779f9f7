// INVOKE to the next poll: what is waited for, how long, and what is exported meanwhile.
import type { NextOutcome } from '../../src/lambda/extensions-api';
import { settled } from './manual-clock';
import { Scene } from './scene';

it('what a flush needs is made ready while the handler runs, where a flush will follow', async () => {
  const scene = new Scene();
  await scene.invoke('r1');
  expect(scene.pipeline.prepared).toBe(1);
});

it('what a flush needs is not made ready while the endpoint is given up, nor without telemetry', async () => {
  for (const change of [{ pipeline: { suspended: true } }, { telemetry: { isActive: false } }]) {
    const scene = new Scene();
    Object.assign(scene.pipeline, change.pipeline);
    Object.assign(scene.telemetry, change.telemetry);
    await scene.invoke('r1');
    expect(scene.pipeline.prepared).toBe(0);
  }
});

it('the rehearsal runs while the first poll waits', async () => {
  const scene = new Scene();
  await settled();
  expect(scene.pipeline.rehearsals).toBe(1);
  expect(scene.pipeline.isRehearsalOver()).toBe(false);
  await scene.invoke('r1');
  expect(scene.pipeline.isRehearsalOver()).toBe(true);
});

it('the rehearsal does not begin once there is an invocation', async () => {
  let load: () => void = () => undefined;
  const scene = new Scene({}, new Promise((resolve) => (load = resolve)));
  await scene.invoke('r1');
  load();
  await settled();
  expect(scene.pipeline.log).toContain('invoke r1');
  expect(scene.pipeline.rehearsals).toBe(0);
});

describe('end', () => {
  it('with end, the lifecycle waits for runtimeDone of this request, flushes, and polls', async () => {
    const scene = new Scene();
    await scene.invoke('r1');
    await scene.finish('other');
    await scene.clock.advance(1_000);
    expect(scene.polls).toBe(1);
    await scene.finish('r1');
    expect(scene.pipeline.log).toEqual([
      'poll',
      'first poll is on its way',
      'invoke r1',
      'flush',
      'poll',
    ]);
    expect(scene.clock.armed).toBe(0);
  });

  it('with end, the lifecycle does not wait when runtimeDone came before the INVOKE event', async () => {
    const scene = new Scene();
    await scene.finish('r1');
    await scene.invoke('r1');
    await settled();
    expect(scene.polls).toBe(2);
    expect(scene.pipeline.flushes).toHaveLength(1);
  });

  it.each([
    { title: 'the budget', timeoutMs: 3_000, doneAfterMs: 10, expectedMs: 500 },
    { title: 'what the deadline leaves', timeoutMs: 600, doneAfterMs: 100, expectedMs: 400 },
  ])(
    'with end, the lifecycle gives an export that hangs no more than $title',
    async ({ timeoutMs, doneAfterMs, expectedMs }) => {
      const scene = new Scene();
      scene.pipeline.flushTakesMs = Number.POSITIVE_INFINITY;
      await scene.invoke('r1', timeoutMs);
      await scene.clock.advance(doneAfterMs);
      const doneAtMs = scene.clock.now();
      await scene.finish('r1');
      await scene.clock.advance(expectedMs - 1);
      expect(scene.polls).toBe(1);
      await scene.clock.advance(1);
      expect(scene.polls).toBe(2);
      expect(scene.pipeline.flushes[0]?.deadlineMs).toBe(doneAtMs + expectedMs);
    },
  );

  describe('half-received requests', () => {
    const startHalf = async (scene: Scene, requestId: string): Promise<void> => {
      scene.telemetry.unfinishedMs = scene.clock.steadyMs();
      await scene.invoke(requestId);
      await scene.finish(requestId);
    };

    it('with a request half received, the lifecycle waits for the other half', async () => {
      const scene = new Scene();
      await startHalf(scene, 'r1');
      await scene.clock.advance(4);
      expect(scene.pipeline.flushes).toHaveLength(0);
      scene.telemetry.unfinishedMs = Number.NEGATIVE_INFINITY;
      await scene.clock.advance(1);
      expect(scene.pipeline.flushes).toHaveLength(1);
      expect(scene.polls).toBe(2);
    });

    it('with a request half received, the lifecycle waits for no more than 10 ms, and in vain only once', async () => {
      const scene = new Scene();
      await startHalf(scene, 'r1');
      await scene.clock.advance(9);
      expect(scene.pipeline.flushes).toHaveLength(0);
      await scene.clock.advance(1);
      expect(scene.pipeline.flushes).toHaveLength(1);
      await scene.invoke('r2');
      await scene.finish('r2');
      expect(scene.pipeline.flushes).toHaveLength(2);
      await scene.clock.advance(1);
      await startHalf(scene, 'r3');
      expect(scene.pipeline.flushes).toHaveLength(2);
    });

    it('with a request half received, the lifecycle waits for no longer than the flush budget', async () => {
      const scene = new Scene({ flushBudgetMs: 2 });
      await startHalf(scene, 'r1');
      await scene.clock.advance(2);
      expect(scene.polls).toBe(2);
    });
  });

  it('with end, the lifecycle polls before the deadline when runtimeDone does not come', async () => {
    const scene = new Scene();
    await scene.invoke('r1', 3_000);
    await scene.clock.advance(2_899);
    expect(scene.polls).toBe(1);
    await scene.clock.advance(1);
    expect(scene.polls).toBe(2);
    expect(scene.pipeline.flushes).toHaveLength(0);
  });

  it.each([Number.NaN, -50])(
    'with end, the lifecycle holds no invocation for long whose deadline is %p ms ahead',
    async (timeoutMs) => {
      const scene = new Scene();
      await scene.invoke('r1', timeoutMs);
      await scene.clock.advance(3_000);
      expect(scene.polls).toBe(2);
    },
  );

  it('with end, the lifecycle waits for no second runtimeDone after one got lost, until they come again', async () => {
    const scene = new Scene();
    await scene.invoke('r1', 900_000);
    await scene.clock.advance(900_000);
    expect(scene.polls).toBe(2);
    await scene.invoke('r2');
    expect(scene.polls).toBe(3);
    await scene.finish('r2');
    await scene.clock.advance(100);
    await scene.invoke('r3');
    expect(scene.polls).toBe(3);
    await scene.finish('r3');
    expect(scene.polls).toBe(4);
  });

  it('with end, the lifecycle waits for two seconds at most while no telemetry ever came', async () => {
    const scene = new Scene();
    scene.telemetry.hasArrived = false;
    await scene.invoke('r1', 900_000);
    await scene.clock.advance(2_000);
    expect(scene.polls).toBe(2);
    await scene.invoke('r2', 900_000);
    expect(scene.polls).toBe(3);
  });

  it('with end, the lifecycle polls at once while the endpoint is given up', async () => {
    const scene = new Scene();
    scene.pipeline.suspended = true;
    await scene.invoke('r1');
    await scene.clock.advance(0);
    expect(scene.polls).toBe(2);
    await scene.clock.advance(1_000);
    expect(scene.pipeline.flushes).toHaveLength(0);
  });

  it('with end, the lifecycle polls at once without telemetry, and exports what the SDK handed over beside the handler', async () => {
    const scene = new Scene();
    scene.telemetry.isActive = false;
    await scene.invoke('r1');
    expect(scene.polls).toBe(2);
    expect(scene.pipeline.log.slice(-2)).toEqual(['poll', 'flush while running']);
    expect(scene.clock.armed).toBe(0);
  });

  it('with end, the lifecycle tries an endpoint that failed while the next invocation runs', async () => {
    const scene = new Scene();
    scene.pipeline.delivers = false;
    await scene.invoke('r1');
    await scene.finish('r1');
    await scene.invoke('r2');
    expect(scene.pipeline.flushes.map(({ whileRunning }) => whileRunning)).toEqual([false, true]);
    scene.pipeline.suspended = true;
    await scene.finish('r2');
    expect(scene.polls).toBe(3);
    expect(scene.pipeline.flushes).toHaveLength(2);
  });
});

it('overlap polls first, and exports what the previous invocation left once it arrived', async () => {
  const scene = new Scene({ flushStrategy: 'overlap' });
  await scene.invoke('r1');
  await settled();
  await scene.invoke('r2');
  await settled();
  expect(scene.polls).toBe(3);
  const before = scene.pipeline.flushes.length;
  await scene.finish('r1');
  expect(scene.pipeline.flushes.slice(before)).toMatchObject([{ whileRunning: true }]);
  expect(scene.pipeline.log.slice(-2)).toEqual(['poll', 'flush while running']);
});

it('overlap exports after 25 ms when nothing more of it arrives', async () => {
  const scene = new Scene({ flushStrategy: 'overlap' });
  await scene.invoke('r1');
  await settled();
  const before = scene.pipeline.flushes.length;
  await scene.invoke('r2');
  await scene.clock.advance(24);
  expect(scene.pipeline.flushes).toHaveLength(before);
  await scene.clock.advance(1);
  expect(scene.pipeline.flushes).toHaveLength(before + 1);
});

it('overlap is not held by an endpoint that hangs', async () => {
  const scene = new Scene({ flushStrategy: 'overlap' });
  scene.pipeline.flushTakesMs = Number.POSITIVE_INFINITY;
  for (const requestId of ['r1', 'r2', 'r3', 'r4']) {
    await scene.finish(requestId);
    await scene.invoke(requestId);
  }
  expect(scene.polls).toBe(5);
  expect(scene.pipeline.flushes).toHaveLength(1);
});

it('overlap starts over after a freeze in the middle of an export', async () => {
  const scene = new Scene({ flushStrategy: 'overlap' });
  scene.pipeline.flushTakesMs = Number.POSITIVE_INFINITY;
  await scene.finish('r1');
  await scene.invoke('r1');
  await settled();
  await scene.clock.freeze(3_600_000);
  scene.pipeline.flushTakesMs = 0;
  await scene.invoke('r2');
  await settled();
  expect(scene.pipeline.flushes).toHaveLength(2);
  expect(scene.clock.armed).toBe(0);
});

it('adaptive comes to overlap when invocations follow closely', async () => {
  const scene = new Scene({ flushStrategy: 'adaptive' });
  for (let index = 0; index < 8; index += 1) {
    await scene.invoke(`r${index}`);
    await scene.finish(`r${index}`);
    await scene.clock.advance(50);
  }
  expect(scene.pipeline.flushes.map(({ whileRunning }) => whileRunning)).toEqual([
    ...Array.from({ length: 5 }, () => false),
    ...Array.from({ length: 3 }, () => true),
  ]);
});

it('while an invocation runs, the lifecycle exports as soon as the buffer is half full, again and again', async () => {
  const scene = new Scene();
  await scene.invoke('r1');
  scene.pipeline.flushTakesMs = 10;
  scene.pipeline.needsFlush = true;
  scene.pipeline.onNeedsFlush?.();
  await scene.clock.advance(25);
  expect(scene.pipeline.flushes).toHaveLength(3);
  scene.pipeline.needsFlush = false;
  await scene.clock.advance(100);
  expect(scene.pipeline.flushes).toHaveLength(3);
  expect(scene.pipeline.flushes.every(({ whileRunning }) => whileRunning)).toBe(true);
});

it('while an invocation runs, the lifecycle does not repeat at once what failed', async () => {
  const scene = new Scene();
  await scene.invoke('r1');
  scene.pipeline.delivers = false;
  scene.pipeline.needsFlush = true;
  scene.pipeline.onNeedsFlush?.();
  await scene.clock.advance(1_000);
  expect(scene.pipeline.flushes).toHaveLength(1);
});

it('the end of an invocation does not wait past the budget for an export that began while it ran', async () => {
  const scene = new Scene();
  scene.pipeline.flushTakesMs = Number.POSITIVE_INFINITY;
  await scene.invoke('r1', 60_000);
  scene.pipeline.onNeedsFlush?.();
  await scene.finish('r1');
  await scene.clock.advance(500);
  expect(scene.polls).toBe(2);
});

it('while an invocation runs, the lifecycle exports every five seconds what comes in', async () => {
  const scene = new Scene();
  await scene.invoke('r1', 60_000);
  await scene.clock.advance(4_999);
  scene.batch();
  expect(scene.pipeline.flushes).toHaveLength(0);
  await scene.clock.advance(1);
  scene.batch();
  await scene.clock.advance(4_999);
  scene.batch();
  expect(scene.pipeline.flushes).toHaveLength(1);
  await scene.clock.advance(1);
  scene.batch();
  expect(scene.pipeline.flushes).toHaveLength(2);
});

it('the lifecycle starts no export between invocations', async () => {
  const scene = new Scene();
  await scene.invoke('r1');
  await scene.finish('r1');
  await scene.clock.advance(60_000);
  const before = scene.pipeline.flushes.length;
  scene.batch();
  scene.pipeline.onNeedsFlush?.();
  expect(scene.pipeline.flushes).toHaveLength(before);
});

const failure: NextOutcome = { kind: 'failed', message: 'expected status 200, got 500' };

it('event/next that fails is asked again, less and less often, then the end comes', async () => {
  const scene = new Scene();
  await settled();
  for (let index = 0; index < 5; index += 1) {
    await scene.reply(failure);
    await scene.clock.advance(1_000);
  }
  expect(scene.polls).toBe(6);
  await scene.reply(failure);
  await scene.clock.advance(2_000);
  expect(scene.end).toEqual({ kind: 'api gone', message: failure.message });
  expect(scene.pipeline.shutdowns).toMatchObject([{ reason: 'failure' }]);
  expect(scene.polls).toBe(6);
});

it('event/next that fails is forgotten with the next event', async () => {
  const scene = new Scene();
  await settled();
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 4; index += 1) {
      await scene.reply(failure);
      await scene.clock.advance(1_000);
    }
    await scene.invoke(`r${round}`);
    await scene.finish(`r${round}`);
  }
  expect(scene.end).toBeUndefined();
  expect(scene.pipeline.log.filter((entry) => entry === 'first poll is on its way')).toHaveLength(
    1,
  );
});

it.each(['invoke', 'prepareFlush'] as const)(
  'a fault of the pipeline in %s does not keep Lambda waiting for the next poll',
  async (name) => {
    const scene = new Scene();
    scene.pipeline[name] = () => {
      throw new Error('broken');
    };
    await scene.invoke('r1');
    expect(scene.polls).toBe(2);
    expect(scene.diagnostics.lines).toEqual([
      expect.stringMatching(/^error a fault of the extension: Error: broken/),
    ]);
  },
);
