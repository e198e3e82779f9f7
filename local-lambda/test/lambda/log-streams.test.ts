// Lines and frames come out the same however the stream was cut.
import fc from 'fast-check';
import { createLogFrames } from '../../src/lambda/log-frames';
import { createLogLines, MAX_LINE_LENGTH } from '../../src/lambda/log-lines';

function pieces(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));
}

function linesOf(chunks: readonly Buffer[]): readonly string[] {
  const lines: string[] = [];
  const cutter = createLogLines((line) => lines.push(line));
  for (const chunk of chunks) cutter.write(chunk);
  cutter.end();
  return lines;
}

const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\r', ''));

test('lines keep their newline, and cuts within characters do not matter', () => {
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.nat()), (lines, cuts) => {
      const whole = lines.join('\n');
      const expected = whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      expect(linesOf(pieces(Buffer.from(whole), cuts))).toEqual(expected);
    }),
  );
});

test('a line without end goes in pieces of bounded length', () => {
  const lines = linesOf([Buffer.from(`${'x'.repeat(MAX_LINE_LENGTH + 10)}\n`)]);
  expect(lines.map((line) => line.length)).toEqual([MAX_LINE_LENGTH, 11]);
});

function frame(message: string, epochMs: number): Buffer {
  const bytes = Buffer.from(message);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0xa55a0003, 0);
  header.writeUInt32BE(bytes.length, 4);
  header.writeBigInt64BE(BigInt(epochMs) * 1000n, 8);
  return Buffer.concat([header, bytes]);
}

test('frames come out whole however the stream was cut', () => {
  const message = fc.record({ message: fc.string(), epochMs: fc.nat() });
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat()), (messages, cuts) => {
      const frames: unknown[] = [];
      const decoder = createLogFrames((decoded) => frames.push(decoded));
      const bytes = Buffer.concat(messages.map((each) => frame(each.message, each.epochMs)));
      for (const piece of pieces(bytes, cuts)) decoder.write(piece);
      expect(frames).toEqual(messages);
    }),
  );
});

test('frames of older clients have no time', () => {
  const header = Buffer.from([0xa5, 0x5a, 0x00, 0x01, 0, 0, 0, 3]);
  const frames: unknown[] = [];
  const decoder = createLogFrames((decoded) => frames.push(decoded));
  decoder.write(Buffer.concat([header, Buffer.from('old'), frame('new', 2)]));
  expect(frames).toEqual([
    { message: 'old', epochMs: undefined },
    { message: 'new', epochMs: 2 },
  ]);
});

test('what is no frame is skipped', () => {
  const frames: string[] = [];
  const decoder = createLogFrames(({ message }) => frames.push(message));
  decoder.write(Buffer.concat([Buffer.from('noise that is longer than a header'), frame('ok', 1)]));
  expect(frames).toEqual(['ok']);
});
