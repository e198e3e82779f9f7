// Sizes of what is deployed and of what is loaded before the first poll.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LAYER } from '../contestants';
import type { Figure, Section } from '../figure';

const KILOBYTE = 1024;
const MAX_NODE_ZIP_KB = 120;

function toFigure(title: string, path: string, atMost?: number): readonly Figure[] {
  if (!existsSync(path)) return [];
  const samples = { [LAYER]: [statSync(path).size / KILOBYTE] };
  return [{ title, unit: 'KB', samples, ...(atMost === undefined ? {} : { goal: { atMost } }) }];
}

/** `layer`: the unpacked layer; its zips are beside it. */
export function measureSizes(layer: string): Section {
  const zip = (name: string): string => join(layer, '..', `${LAYER}-${name}.zip`);
  const programs = join(layer, LAYER);
  const scripts = readdirSync(programs).filter((name) => name.endsWith('.js'));
  return {
    title: 'Sizes',
    note: '1 KB is 1024 bytes. `main.js` is what is loaded before the first poll, `pipeline.js` while it is pending, the others when a setting asks for them.',
    subjects: [LAYER],
    figures: [
      ...toFigure('layer for Node.js runtimes, zip', zip('node'), MAX_NODE_ZIP_KB),
      ...toFigure('layer for x86_64 without Node.js, zip', zip('x86_64')),
      ...toFigure('layer for arm64 without Node.js, zip', zip('arm64')),
      ...scripts.sort().flatMap((name) => toFigure(name, join(programs, name))),
    ],
  };
}
