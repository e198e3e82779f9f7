// The function of the scenarios. `event.mode` says what it does; every line it writes is one that functions write.
'use strict';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const modes = {
  async ok() {
    console.log('order accepted');
    console.log(JSON.stringify({ level: 'warn', message: 'stock is low', sku: 'A-17', left: 3 }));
    await wait(20);
    return { accepted: true };
  },
  brief() {
    return null;
  },
  async error() {
    console.error('about to fail');
    throw new TypeError('payment was refused');
  },
  crash() {
    console.error('no way to go on');
    process.exit(7);
  },
  async hang() {
    console.log('waiting for a database that does not answer');
    await wait(60_000);
  },
  // Many keys, another set at every call: what makes mappings and labels explode.
  async keys({ call = 0 }) {
    const keys = Array.from({ length: 40 }, (_, index) => [`key_${call}_${index}`, index]);
    console.log(
      JSON.stringify({ level: 'info', message: 'many keys', ...Object.fromEntries(keys) }),
    );
    return call;
  },
};

exports.handler = (event) => {
  const mode = modes[event.mode];
  if (mode === undefined) throw new RangeError(`unknown mode '${event.mode}'`);
  return mode(event);
};
