// The bench's pure parts: what is computed from samples, and how it is shown.
import { judge, summaryOf } from '../../bench/figure';
import type { Figure, Section } from '../../bench/figure';
import { quantile, summarize } from '../../bench/statistics';
import { formatSection } from '../../bench/table';
import { replaceBlock } from '../../bench/document';

it.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2.5],
  [[10, 20, 30, 40, 50], 0.25, 20],
  [[7], 0.75, 7],
  [[2, 10, 1], 1, 10],
])('the quantile of %j at %d is %d', (samples, fraction, expected) => {
  expect(quantile(samples, fraction)).toBe(expected);
});

it('without samples there is no summary', () => {
  expect(summarize([])).toBeUndefined();
});

it('samples are sorted as numbers and left as they were', () => {
  const samples = [100, 9, 20];
  expect(summarize(samples)).toEqual({ median: 20, low: 14.5, high: 60, samples: 3 });
  expect(samples).toEqual([100, 9, 20]);
});

function figure(goal: Figure['goal'], samples: Figure['samples']): Figure {
  return { title: 'a figure', unit: 'ms', samples, ...(goal === undefined ? {} : { goal }) };
}

it.each([
  [{ atMost: 5 }, [5], true],
  [{ atMost: 5 }, [5.1], false],
  [{ atLeast: 5 }, [4.9], false],
  [{ atLeast: 5 }, [5], true],
  [{ ratio: { factor: 0.5, to: 'floor' } }, [5], true],
  [{ ratio: { factor: 0.5, to: 'floor' } }, [5.1], false],
  [{ ratio: { factor: 0.5, to: 'nobody' } }, [1], undefined],
  [{ atMost: 5 }, [], undefined],
])('the goal %j with samples %j is met: %s', (goal, ours, met) => {
  const [bound] = judge(figure(goal, { ours, floor: [10] }), 'ours');
  expect(bound?.met).toBe(met);
});

it('every bound of a goal is told, with the ratio that was seen', () => {
  const goal = { atMost: 5, ratio: { factor: 0.2, to: 'floor' } };
  expect(judge(figure(goal, { ours: [4], floor: [10] }), 'ours')).toEqual([
    { text: '≤ 5 ms', met: true },
    { text: '≤ 0.2 × floor (0.4)', met: false },
  ]);
});

it('a goal is judged by the median', () => {
  const slowOnce = figure({ atMost: 5 }, { ours: [1, 2, 900] });
  expect(summaryOf(slowOnce, 'ours')?.median).toBe(2);
  expect(judge(slowOnce, 'ours')[0]?.met).toBe(true);
});

const section: Section = {
  title: 'Start',
  note: 'How.',
  subjects: ['ours', 'floor'],
  figures: [
    figure({ atMost: 5 }, { ours: [1, 2, 3], floor: [10] }),
    figure(undefined, { ours: [1234.5678] }),
    figure({ atMost: 1 }, { ours: [2], floor: [3] }),
    figure({ atMost: 1 }, {}),
  ],
};

it('a section shows medians with quartiles, goals and verdicts in aligned columns', () => {
  expect(formatSection(section).split('\n')).toEqual([
    '### Start',
    '',
    'How.',
    '',
    '|          | ours           | floor | goal   |              |',
    '| -------- | -------------- | ----- | ------ | ------------ |',
    '| a figure | 2 ms (1.5–2.5) | 10 ms | ≤ 5 ms | met          |',
    '| a figure | 1234.6 ms      | –     |        |              |',
    '| a figure | 2 ms           | 3 ms  | ≤ 1 ms | missed       |',
    '| a figure | –              | –     | ≤ 1 ms | not measured |',
    '',
  ]);
});

it('the document keeps what is around the marks', () => {
  const text = 'before\n\n<!-- bench:start -->\n\nold\n\n<!-- bench:end -->\n\nafter\n';
  expect(replaceBlock(text, '\nnew\n')).toBe(
    'before\n\n<!-- bench:start -->\n\nnew\n\n<!-- bench:end -->\n\nafter\n',
  );
});

it('the document is refused without marks', () => {
  expect(() => replaceBlock('text', 'new')).toThrow('expected the marks');
});
