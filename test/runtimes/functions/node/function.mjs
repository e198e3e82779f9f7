// Each case of the table of runtimes, in Node.js.
export const handler = (event, _context, callback) => {
  console.log(`case ${event.case}`);
  if (event.case === 'throw') throw new RangeError('thrown on purpose');
  if (event.case === 'return') return callback(new RangeError('returned on purpose'));
  if (event.case === 'exit') process.exit(3);
  if (event.case === 'timeout') return setTimeout(() => callback(null), 600_000);
  if (event.case === 'memory') hoard();
  callback(null, 'fine');
};

function hoard() {
  const held = [];
  for (;;) held.push(Buffer.alloc(10 * 1024 * 1024, 1));
}
