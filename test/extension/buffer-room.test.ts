// Waiting for room in the buffer: as long as exports make it, and no longer.
import { BufferRoom } from '../../src/extension/buffer-room';

function open(isFull: boolean): { room: BufferRoom; state: { isFull: boolean } } {
  const state = { isFull };
  return { room: new BufferRoom(() => !state.isFull), state };
}

/** Whether a promise is settled when everything that is due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

it('is not waited for while there is some', async () => {
  expect(await isSettled(open(false).room.wait())).toBe(true);
});

it('is waited for until deliveries have made enough of it', async () => {
  const { room, state } = open(true);
  const waiting = Promise.all([room.wait(), room.wait()]).then(() => undefined);
  room.progressed();
  expect(await isSettled(waiting)).toBe(false);
  state.isFull = false;
  room.progressed();
  expect(await isSettled(waiting)).toBe(true);
});

it('is not waited for when nothing makes it any more', async () => {
  const { room } = open(true);
  const waiting = room.wait();
  room.release();
  expect(await isSettled(waiting)).toBe(true);
});

it('is not waited for again after an export stalled, until one gets on', async () => {
  const { room } = open(true);
  await room.wait();
  expect(await isSettled(room.wait())).toBe(true);
  room.progressed();
  const waiting = room.wait();
  expect(await isSettled(waiting)).toBe(false);
  room.release();
});
