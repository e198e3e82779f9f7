// A function that prints what its event says: lines, or `count` lines of `bytes` each.
export const handler = async ({ lines = [], count = 0, bytes = 100, name = 'line' }) => {
  for (const line of lines) console.log(line);
  const filler = '.'.repeat(bytes);
  for (let index = 0; index < count; index += 1) {
    if (!process.stdout.write(`${name} ${index} ${filler}\n`)) {
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  }
  return { printed: lines.length + count };
};
