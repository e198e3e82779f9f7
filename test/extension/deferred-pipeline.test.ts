import { DeferredPipeline } from '../../src/extension/deferred-pipeline';
import { FakePipeline } from './fake-pipeline';
import { ManualClock, settled } from './manual-clock';
import { recordDiagnostics } from './recorded-diagnostics';

const INVOKE = { eventType: 'INVOKE', requestId: 'r1', deadlineMs: 0 } as const;

function open() {
  const clock = new ManualClock();
  const diagnostics = recordDiagnostics();
  return {
    clock,
    diagnostics,
    deferred: new DeferredPipeline(diagnostics),
    loaded: new FakePipeline(clock),
  };
}

it('hands over what came before in order, and the rest directly', () => {
  const { deferred, loaded } = open();
  deferred.acceptBatch(Buffer.from('1'));
  deferred.invoke(INVOKE);
  deferred.acceptBatch(Buffer.from('2'));
  expect(deferred.idle).toBe(false);
  deferred.attach(loaded);
  deferred.acceptBatch(Buffer.from('3'));
  deferred.invoke({ ...INVOKE, requestId: 'r2' });
  expect(loaded.log).toEqual(['batch 1', 'invoke r1', 'batch 2', 'batch 3', 'invoke r2']);
});

it('lets what was asked early wait for the pipeline', async () => {
  const { clock, deferred, loaded } = open();
  const outcomes = Promise.all([
    deferred.waitUntilDone('r1', clock.now() + 100),
    deferred.flush(clock.now() + 100),
    deferred.shutdown('spindown', clock.now() + 100),
  ]);
  await settled();
  expect(loaded.log).toEqual([]);
  deferred.attach(loaded);
  await settled();
  loaded.finish('r1');
  expect(await outcomes).toEqual([true, { delivered: true }, undefined]);
  expect(loaded.log).toEqual(['flush', 'shutdown spindown']);
});

it('passes on that the buffer fills, to whoever listens by then', () => {
  const { deferred, loaded } = open();
  deferred.attach(loaded);
  const listener = jest.fn();
  deferred.onNeedsFlush = listener;
  loaded.onNeedsFlush?.();
  expect(listener).toHaveBeenCalledTimes(1);
});

it('keeps 8 MiB and says what it could not keep', () => {
  const { deferred, diagnostics, loaded } = open();
  for (let index = 0; index < 10; index += 1) deferred.acceptBatch(Buffer.alloc(1024 * 1024, 0x20));
  deferred.attach(loaded);
  expect(loaded.batches).toHaveLength(8);
  expect(diagnostics.lines).toHaveLength(2);
});

it('never makes anybody wait when there will be no pipeline', async () => {
  const { deferred } = open();
  deferred.acceptBatch(Buffer.from('1'));
  const early = deferred.waitUntilDone('r1', Number.MAX_SAFE_INTEGER);
  deferred.abandon();
  deferred.acceptBatch(Buffer.from('2'));
  deferred.invoke(INVOKE);
  expect(deferred).toMatchObject({ suspended: true, idle: true, needsFlush: false });
  expect(deferred.isDone('r1')).toBe(true);
  expect(await early).toBe(true);
  expect(await deferred.flush(0)).toEqual({ delivered: true });
  await deferred.shutdown('spindown', 0);
});
