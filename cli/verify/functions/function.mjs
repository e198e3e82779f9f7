// The function that `lambda-otlp verify` deploys on Node.js: what it does is in its payload.
import { setTimeout } from 'node:timers/promises';

export async function handler({ action }) {
  console.log(`about to ${action}`);
  switch (action) {
    case 'throw':
      throw new TypeError('thrown on purpose');
    case 'time out':
      await setTimeout(60_000);
      return undefined;
    case 'run out of memory': {
      const held = [];
      for (;;) held.push(Buffer.alloc(8 * 1024 * 1024, 1));
    }
    default:
      return { answered: true };
  }
}
