// The demo's function: a small shop. What an order says decides how its invocation ends.
import { setTimeout as sleep } from 'node:timers/promises';

class PaymentDeclined extends Error {
  name = 'PaymentDeclined';
}

// Work before the first invocation, as connections and configuration cost it: the `init` span.
const rates = await loadRates();

async function loadRates() {
  await sleep(120);
  return { EUR: 1, USD: 1.09 };
}

export async function handler({ orderId, amount = 20, currency = 'EUR', fate }) {
  console.log(`order ${orderId}: ${amount} ${currency}`);
  await sleep(40);
  if (fate === 'declined') throw new PaymentDeclined(`order ${orderId}: card declined`);
  if (fate === 'crash') await crash(orderId);
  if (fate === 'timeout') {
    console.warn(`order ${orderId}: the payment provider is slow`);
    await sleep(60_000);
  }
  // A line of JSON, as structured loggers write it.
  const line = {
    level: 'INFO',
    message: `order ${orderId} paid`,
    orderId,
    total: Number((amount / rates[currency]).toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return { orderId, paid: true };
}

/** Throws where no handler can catch it: the runtime exits, and this never returns. */
function crash(orderId) {
  setImmediate(() => {
    throw new RangeError(`order ${orderId}: stock below zero`);
  });
  return sleep(60_000);
}
