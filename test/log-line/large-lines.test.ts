// Records near and beyond the limits of size. Apart, because each takes a tenth of a second.
import { readLine } from './log-limits';

const bytesOf = (text: unknown): number => Buffer.byteLength(String(text));

it('of a large record of text, 256 KiB are kept whole, and a byte more is cut', () => {
  expect(readLine('x'.repeat(262_144))).toMatchObject({ truncated: false });
  const line = readLine('x'.repeat(262_145));
  expect(line.truncated).toBe(true);
  expect(line.body).toHaveLength(262_144);
});

it('a large record that is an EMF line is kept whole', () => {
  const emf = { _aws: { Timestamp: 1_716_222_585_009 }, values: new Array(10_000).fill(1.5) };
  const line = readLine(JSON.stringify(emf));
  expect(line).toMatchObject({ body: emf, truncated: false });
});

it('a large record that is an object keeps its short members when a long one does not fit', () => {
  const line = readLine({ long: 'x'.repeat(300_000), order: 7, level: 'warn' });
  expect(line).toMatchObject({ truncated: true, severityNumber: 13 });
  const { long, ...others } = line.body as Record<string, unknown>;
  expect(others).toEqual({ order: 7, level: 'warn' });
  expect(bytesOf(long)).toBeGreaterThan(260_000);
  expect(bytesOf(long)).toBeLessThanOrEqual(262_144);
});

it('attributes beyond the limit are counted', () => {
  const record = {
    message: 'm',
    ...Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
  };
  const line = readLine(record);
  expect(Object.keys(line.attributes)).toHaveLength(128);
  expect(line.droppedAttributesCount).toBe(9872);
});

it('attributes do not lose each other to a long one', () => {
  const line = readLine({ message: 'm', long: 'x'.repeat(400_000), after: 7 });
  expect(line).toMatchObject({ body: 'm', truncated: true, attributes: { after: 7 } });
  expect(bytesOf(line.attributes['long'])).toBe(262_144);
});

it('lists of a hundred thousand levels are cut, not thrown', () => {
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const line = readLine(`{"message":"m","deep":${nested}}`);
  expect(line.body).toBe('m');
  expect(readLine(`{"deep":${nested}}`).body).toBeDefined();
});
