// Bodies between the listener and a pipeline that a test plays.
import { gzipSync } from 'node:zlib';
import { ByteBudget } from '../../src/http/byte-budget';
import { Inbox } from '../../src/extension/inbox';
import { FakePipeline } from './fake-pipeline';
import { ManualClock, settled } from './manual-clock';

function open() {
  const clock = new ManualClock();
  const pipeline = new FakePipeline(clock);
  const budget = new ByteBudget(1_000_000);
  const inbox = new Inbox(budget, clock);
  const take = (bytes: string | Buffer, isGzip = false): void =>
    inbox.accept({ bytes: Buffer.from(bytes), isGzip, sequenceId: undefined });
  const readAll = async (): Promise<void> => {
    while (inbox.isBehind) await settled();
  };
  return { clock, pipeline, budget, inbox, take, readAll };
}

/** About 170 kB in three parts. */
const MANY = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => `${index}`.padEnd(170)));

it('a body waits for the pipeline, and is read in the order of arrival', async () => {
  const { pipeline, budget, inbox, take, readAll } = open();
  take('[1]');
  take(gzipSync('[2]'), true);
  await settled();
  expect(budget.heldBytes).toBeGreaterThan(2 * 512);
  inbox.attach(pipeline);
  take('[3]');
  await readAll();
  expect(pipeline.texts).toEqual(['[1]', '[2]', '[3]']);
  expect(budget.heldBytes).toBe(0);
});

it('a body that came before is read once', async () => {
  const { pipeline, inbox, take, readAll } = open();
  pipeline.isDuplicate = () => true;
  inbox.attach(pipeline);
  take('[1]');
  await readAll();
  expect(pipeline.texts).toEqual([]);
});

it('a body that is large is read in parts, between which there is time for others', async () => {
  const { pipeline, inbox, take, readAll } = open();
  const turns: number[] = [];
  inbox.onRead = () => setImmediate(() => turns.push(pipeline.texts.length));
  inbox.attach(pipeline);
  take(MANY);
  await readAll();
  await settled();
  expect(turns).toEqual([1, 2, 3]);
  expect(pipeline.texts.flatMap((text) => JSON.parse(text) as string[])).toEqual(JSON.parse(MANY));
});

it('a body that is not the gzip it claims to be is read as it came', async () => {
  const { pipeline, inbox, take, readAll } = open();
  inbox.attach(pipeline);
  take('[1]', true);
  await readAll();
  expect(pipeline.texts).toEqual(['[1]']);
});

it('a body that inflates to more than 8 MiB is rejected, and the next one is read', async () => {
  const { pipeline, budget, inbox, take, readAll } = open();
  inbox.attach(pipeline);
  take(gzipSync(Buffer.alloc(8 * 1024 * 1024 + 1)), true);
  take('[1]');
  await readAll();
  expect(pipeline).toMatchObject({ rejected: 1, texts: ['[1]'] });
  expect(budget.heldBytes).toBe(0);
});

it('the telemetry stream is active by the subscription, or by what comes without one', () => {
  const { clock, inbox, take } = open();
  expect(inbox.isActive).toBe(false);
  inbox.isSubscribed = true;
  expect(inbox).toMatchObject({ isActive: true, hasArrived: false });
  inbox.isSubscribed = false;
  take('[]');
  expect(inbox).toMatchObject({
    isActive: true,
    hasArrived: true,
    latestBatchMs: clock.steadyMs(),
  });
});

function openFull() {
  const scene = open();
  scene.pipeline.makeRoom = () => true;
  scene.inbox.attach(scene.pipeline);
  scene.take('[1]');
  return scene;
}

it('room in the buffer is waited for while an export makes it', async () => {
  const { pipeline, clock } = openFull();
  await clock.advance(400);
  expect(pipeline.texts).toEqual([]);
  pipeline.makeRoom = () => false;
  pipeline.onProgress?.(true);
  await clock.advance(0);
  expect(pipeline.texts).toEqual(['[1]']);
  expect(clock.armed).toBe(0);
});

it('room in the buffer is not waited for without progress, until something is delivered again', async () => {
  const { pipeline, clock, take } = openFull();
  await clock.advance(500);
  expect(pipeline.texts).toEqual(['[1]']);
  take('[2]');
  await clock.advance(0);
  expect(pipeline.texts).toEqual(['[1]', '[2]']);
  pipeline.onProgress?.(true);
  take('[3]');
  await clock.advance(1_999);
  expect(pipeline.texts).toHaveLength(2);
  await clock.advance(1);
  expect(pipeline.texts).toHaveLength(3);
});

describe('at the end', () => {
  it('what was not read is counted: bodies, bytes and records', async () => {
    const { clock, budget, inbox, take } = open();
    const [small, packed] = ['[{"a":"],"},2,[3,4]]', gzipSync('[1,2]')];
    take(small);
    take(packed, true);
    const unread = await inbox.close(clock.now() + 100);
    const bytes = Buffer.byteLength(small) + packed.length;
    expect(unread).toEqual({ bodies: 2, bytes, records: 5 });
    expect(budget.heldBytes).toBe(0);
  });

  it('records are as many as their bytes say, where there is no time to count them', async () => {
    const { clock, budget, inbox, take } = open();
    for (let count = 0; count < 4; count += 1) take(MANY);
    const times = [clock.now(), clock.now(), clock.now() + 100, clock.now() + 100];
    jest.spyOn(clock, 'steadyMs').mockImplementation(() => times.shift() ?? 0);
    const { bodies, records } = await inbox.close(clock.now() + 100);
    expect({ bodies, records }).toEqual({ bodies: 4, records: 4_000 });
    expect(budget.heldBytes).toBe(0);
  });

  it('a body that was read in part counts for its rest', async () => {
    const { clock, pipeline, inbox, take, readAll } = open();
    inbox.attach(pipeline);
    inbox.onRead = () => inbox.stopReading(clock.now());
    take(MANY);
    await readAll();
    expect(pipeline.texts).toHaveLength(1);
    const [read = ''] = pipeline.texts;
    const { bodies, bytes, records } = await inbox.close(clock.now() + 100);
    const seen = (JSON.parse(read) as string[]).length;
    expect({ bodies, records }).toEqual({ bodies: 1, records: 1_000 - seen });
    expect(bytes).toBe(MANY.length - read.length);
  });

  it('a part is not begun that would end too late, by the time that parts took', async () => {
    const { clock, pipeline, inbox, take, readAll } = open();
    inbox.attach(pipeline);
    pipeline.accept = (text) => {
      pipeline.texts.push(text);
      void clock.freeze(300);
    };
    take(MANY);
    inbox.stopReading(clock.now() + 500);
    await readAll();
    expect(pipeline.texts).toHaveLength(1);
  });

  it('nothing is taken any more', async () => {
    const { clock, budget, inbox, take } = open();
    await inbox.close(clock.now());
    take('[1]');
    expect(budget.heldBytes).toBe(0);
  });
});
