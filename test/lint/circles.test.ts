import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /(?:from|import\()\s*'(\.[^']+)'/g;

/** Which of `folder`'s sources import which, types included. */
function readImports(folder: string): Map<string, readonly string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name));
  const imports = files.map((file) => {
    const specifiers = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(
      ([, path = '']) => path,
    );
    const found = specifiers.flatMap((path) =>
      [`${path}.ts`, `${path}.tsx`, path]
        .map((name) => join(dirname(file), name))
        .filter(existsSync),
    );
    return [file, found] as const;
  });
  return new Map(imports);
}

/** One way round each circle, if there are any. */
function findCircles(arrows: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const follow = (place: string, way: readonly string[]): void => {
    if (way.includes(place)) {
      circles.push([...way.slice(way.indexOf(place)), place].join(' → '));
      return;
    }
    if (done.has(place)) return;
    for (const next of arrows.get(place) ?? []) follow(next, [...way, place]);
    done.add(place);
  };
  for (const place of arrows.keys()) follow(place, []);
  return circles;
}

function toRooms(imports: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const roomOf = (file: string): string => file.split('/').slice(0, 2).join('/');
  const rooms = new Map<string, readonly string[]>();
  for (const [file, targets] of imports) {
    const room = roomOf(file);
    const others = targets.map(roomOf).filter((other) => other !== room);
    rooms.set(room, [...(rooms.get(room) ?? []), ...others]);
  }
  return rooms;
}

test('a circle is found', () => {
  const arrows = { a: ['b'], b: ['c'], c: ['b'] };
  expect(findCircles(new Map(Object.entries(arrows)))).toEqual(['b → c → b']);
});

it.each(['src', 'local-lambda/src', 'cli', 'demo', 'bench', 'layer'])(
  'no two files of %s/ import each other, on whatever way',
  (folder) => expect(findCircles(readImports(folder))).toEqual([]),
);

test('no two rooms of src/ import each other', () => {
  expect(findCircles(toRooms(readImports('src')))).toEqual([]);
});
