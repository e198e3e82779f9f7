// A function that does what its event says.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

console.log('loading');
const marker = join(tmpdir(), 'init-failed-once');
if (process.env.FAIL_INIT === 'once' && !existsSync(marker)) {
  writeFileSync(marker, '');
  // Not before the extension has subscribed: nobody would hear of it.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  throw new RangeError('init failed on purpose');
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const actions = {
  echo: (event) => event,
  log(event) {
    for (const line of event.lines) console.log(line);
    return event.lines.length;
  },
  write(event) {
    for (const text of event.texts) process.stdout.write(text);
  },
  async sleep({ ms, before = [], after = [] }) {
    for (const line of before) console.log(line);
    await sleep(ms);
    for (const line of after) console.log(line);
    return 'slept';
  },
  async print({ count, fails = false }) {
    for (let index = 0; index < count; index += 1) {
      const line = JSON.stringify({ level: 'DEBUG', message: `line ${index}` });
      // As fast as they are read.
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    }
    if (fails) throw new TypeError('failed on purpose');
  },
  fail() {
    throw new TypeError('failed on purpose');
  },
  large: ({ bytes }) => 'x'.repeat(bytes),
  exit: ({ code }) => process.exit(code),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  uncaught: () =>
    new Promise(() =>
      setTimeout(() => {
        throw new TypeError('uncaught on purpose');
      }),
    ),
};

export const handler = async (event) => actions[event?.action ?? 'echo'](event);
