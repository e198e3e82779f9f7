// Starts and ends of one key become runs by their times, in whatever order they came.
import type { Run } from '../../src/invocation/run';
import { RunList } from '../../src/invocation/run';
import { at } from './scenario';

interface Event {
  readonly time: [number, number];
  readonly name: string;
}

const event = (ms: number, name = `${ms}`): Event => ({ time: [...at(ms)], name });
const createList = () => new RunList<Event, Event, Event, Run<Event, Event, Event>>(() => ({}));
type List = ReturnType<typeof createList>;

const add: Readonly<Record<string, (list: List, ms: number) => void>> = {
  start: (list, ms) => list.addStart(event(ms)),
  done: (list, ms) => list.addDone(event(ms)),
  report: (list, ms) => list.addReport(event(ms)),
};

/** `start 0, done 100` → a settled list. */
function listOf(text: string, final = false): List {
  const list = createList();
  addTo(list, text);
  list.pair(final);
  return list;
}

function addTo(list: List, text: string): void {
  for (const step of text.split(', ')) {
    const [part = '', ms = ''] = step.split(' ');
    add[part]?.(list, Number(ms));
  }
}

/** `0 100 101 | 200 - -`: start, done and report of each run. */
const toText = ({ runs }: List): string =>
  runs
    .map(({ start, done, report }) => [start, done, report].map((part) => part?.name ?? '-'))
    .map((names) => names.join(' '))
    .join(' | ');

it.each([
  ['to the run that started before it', 'start 0, done 100, report 101', '0 100 101'],
  ['to it also when it came first', 'report 101, done 100, start 0', '0 100 101'],
  [
    'to the latest of several',
    'start 400, start 0, start 200, done 500, done 300, done 100',
    '0 100 - | 200 300 - | 400 500 -',
  ],
  ['to the run that starts at its very time', 'start 0, start 100, done 100', '0 - - | 100 100 -'],
  ['nowhere when its place is taken by an earlier one', 'start 0, done 200, done 100', '0 100 -'],
  ['to the first that lacks it when clocks disagree', 'start 100, done 50', '100 50 -'],
  [
    'past those that have theirs when clocks disagree',
    'start 100, start 200, done 250, done 50, done 60',
    '100 50 - | 200 60 -',
  ],
])('an end goes %s', (_, text, expected) => {
  const list = listOf(text);
  expect(toText(list)).toBe(expected);
  expect(list.isWaiting).toBe(false);
});

it('a start that comes twice makes one run', () => {
  expect(toText(listOf('start 0, start 1, start 0'))).toBe('0 - - | 1 - -');
});

it.each([
  ['before the end', 50, '50 100 -'],
  ['at the end', 100, '100 100 -'],
  ['after the end', 101, '- 100 - | 101 - -'],
])('a start %s of a run without one', (_, ms, expected) => {
  const list = listOf('done 100', true);
  addTo(list, `start ${ms}`);
  expect(toText(list)).toBe(expected);
});

it('a start is taken in by a run that has only its report', () => {
  const list = listOf('report 100', true);
  addTo(list, 'start 50');
  expect(toText(list)).toBe('50 - 100');
});

it('a start is never taken in by a run that has its own', () => {
  const list = listOf('start 50, done 100');
  addTo(list, 'start 10');
  expect(toText(list)).toBe('10 - - | 50 100 -');
});

it('a start is set before runs that began later, and behind one without a start', () => {
  const list = listOf('done 10', true);
  addTo(list, 'start 60, start 50, start 70');
  expect(toText(list)).toBe('- 10 - | 50 - - | 60 - - | 70 - -');
});

it('an end without a start waits for one settling, then makes a run', () => {
  const list = listOf('done 100, report 101');
  expect([toText(list), list.isWaiting]).toEqual(['', true]);
  list.pair(false);
  expect([toText(list), list.isWaiting]).toEqual(['- 100 101', false]);
  list.pair(false);
  list.pair(true);
  expect(toText(list)).toBe('- 100 101');
});

it.each(['done', 'report'])('an end without a start waits when it is a %s alone', (part) => {
  const list = listOf(`${part} 100`);
  expect(list.isWaiting).toBe(true);
  addTo(list, 'start 0');
  list.pair(false);
  expect(list.isWaiting).toBe(false);
  expect(list.runs).toHaveLength(1);
});

it('an end without a start makes a run at once when nothing follows', () => {
  expect(toText(listOf('done 100', true))).toBe('- 100 -');
});

it('an end without a start waits for itself, whatever waited or settled before it', () => {
  const list = createList();
  list.pair(false);
  list.pair(true);
  expect(list.runs).toEqual([]);
  addTo(list, 'start 100, done 150, done 50');
  list.pair(false);
  expect([toText(list), list.isWaiting]).toEqual(['100 50 -', false]);
  addTo(list, 'report 50, report 40');
  list.pair(false);
  expect([toText(list), list.isWaiting]).toEqual(['100 50 40', true]);
  list.pair(false);
  expect(toText(list)).toBe('- - 50 | 100 50 40');
});

it('an end without a start keeps to its run what comes from before the first start', () => {
  const list = listOf('done 50', true);
  addTo(list, 'start 100, done 60');
  list.pair(false);
  expect(toText(list)).toBe('- 50 - | 100 - -');
});

it('an earlier report is the earliest of those that wait, a run in front of all others', () => {
  const list = createList();
  addTo(list, 'start 100, report 60, report 50, report 70');
  const run = list.adoptEarlierReport();
  expect(run).toBe(list.runs[0]);
  expect(toText(list)).toBe('- - 50 | 100 - -');
});

it.each([
  ['none waits', 'start 100'],
  ['it came at a start', 'start 100, report 100'],
  ['it came after a start', 'start 200, start 100, report 150'],
])('an earlier report is none when %s', (_, text) => {
  const list = createList();
  addTo(list, text);
  const before = toText(list);
  expect(list.adoptEarlierReport()).toBeUndefined();
  expect(toText(list)).toBe(before);
});

it('an earlier report is a run once', () => {
  const list = createList();
  addTo(list, 'report 50, start 100');
  list.adoptEarlierReport();
  expect(list.adoptEarlierReport()).toBeUndefined();
  list.pair(true);
  expect(toText(list)).toBe('- - 50 | 100 - -');
});
