// docs/benchmarks.md: the tables of the last written run between two marks; the text around stays.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FILE = resolve(__dirname, '../docs/benchmarks.md');
const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/** `text` with `block` between the marks. Throws when a mark is missing. */
export function replaceBlock(text: string, block: string): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) {
    throw new Error(
      `docs/benchmarks.md: expected the marks ${START} and ${END}, but one is missing`,
    );
  }
  return `${text.slice(0, start)}${START}\n\n${block.trim()}\n\n${text.slice(end)}`;
}

export async function writeDocument(block: string): Promise<void> {
  const { format, resolveConfig } = await import('prettier');
  const text = replaceBlock(readFileSync(FILE, 'utf8'), block);
  const options = (await resolveConfig(FILE)) ?? {};
  writeFileSync(FILE, await format(text, { ...options, parser: 'markdown' }));
}
