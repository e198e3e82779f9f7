// Alarms over one timer, by a clock that stands still.
import type { setAlarm as SetAlarm } from '../../src/node/clock';

let setAlarm: typeof SetAlarm;
let rung: string[];
const ring = (name: string) => () => void rung.push(name);

beforeEach(async () => {
  jest.useFakeTimers();
  jest.spyOn(process, 'uptime').mockImplementation(() => performance.now() / 1000);
  jest.resetModules();
  ({ setAlarm } = await import('../../src/node/clock'));
  rung = [];
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('alarms', () => {
  it('alarms ring once each, not before their time, the earliest first', () => {
    setAlarm(ring('late'), 500);
    setAlarm(ring('early'), 20);
    setAlarm(ring('between'), 100);
    jest.advanceTimersByTime(19);
    expect(rung).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(rung).toEqual(['early']);
    jest.advanceTimersByTime(480);
    expect(rung).toEqual(['early', 'between', 'late']);
    jest.advanceTimersByTime(100_000);
    expect(rung).toHaveLength(3);
  });

  it('alarms do not ring if they were cancelled, even at the time at which they were due', () => {
    const cancelled = setAlarm(ring('cancelled'), 10);
    cancelled();
    setAlarm(() => cancelNeighbour(), 30);
    const cancelNeighbour = setAlarm(ring('neighbour'), 30);
    jest.advanceTimersByTime(1000);
    expect(rung).toEqual([]);
    cancelled();
    cancelNeighbour();
  });

  it('alarms that were cancelled neither delay nor hasten later ones', () => {
    setAlarm(ring('early'), 10)();
    setAlarm(ring('late'), 50);
    jest.advanceTimersByTime(49);
    expect(rung).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(rung).toEqual(['late']);
  });

  it('alarms can be set and cancelled while others ring', () => {
    const cancel = setAlarm(ring('never'), 60);
    setAlarm(() => {
      setAlarm(ring('at once'), 0);
      setAlarm(ring('next'), 5);
      cancel();
    }, 50);
    jest.advanceTimersByTime(50);
    jest.advanceTimersByTime(1);
    expect(rung).toEqual(['at once']);
    jest.advanceTimersByTime(4);
    expect(rung).toEqual(['at once', 'next']);
    jest.advanceTimersByTime(100);
    expect(rung).toHaveLength(2);
  });

  it('alarms ring even if one before them threw, whether due at the same time or later', () => {
    setAlarm(() => {
      throw new Error('broken');
    }, 10);
    setAlarm(ring('same'), 10);
    setAlarm(ring('later'), 20);
    expect(() => jest.advanceTimersByTime(10)).toThrow('broken');
    jest.advanceTimersByTime(1);
    expect(rung).toEqual(['same']);
    jest.advanceTimersByTime(9);
    expect(rung).toEqual(['same', 'later']);
  });

  it('alarms accept a delay that is negative, not a number, or longer than a Node.js timer can be', () => {
    setAlarm(ring('none'), NaN);
    setAlarm(ring('past'), -5);
    setAlarm(ring('far'), 3_000_000_000);
    jest.advanceTimersByTime(1);
    expect(rung).toEqual(['none', 'past']);
    jest.advanceTimersByTime(2_999_999_998);
    expect(rung).toEqual(['none', 'past']);
    jest.advanceTimersByTime(1);
    expect(rung).toEqual(['none', 'past', 'far']);
  });

  describe('after a freeze', () => {
    const freeze = () => jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);

    it('alarms that are overdue together ring in the order of their times, those of one time in the order in which they were set', async () => {
      setAlarm(ring('cancelled'), 5)();
      setAlarm(ring('third'), 30);
      setAlarm(ring('first'), 10);
      setAlarm(ring('second'), 10);
      setAlarm(ring('not yet'), 120_000);
      freeze();
      await jest.advanceTimersByTimeAsync(10);
      expect(rung).toEqual(['first', 'second', 'third']);
    });

    it('alarms that are overdue together do not ring if the callback of an earlier one cancels them', async () => {
      const wait = new Promise<void>((resolve) => void setAlarm(resolve, 10));
      const cancel = setAlarm(ring('outer bound'), 20);
      const chain = wait.then(() => undefined).then(cancel);
      freeze();
      await jest.advanceTimersByTimeAsync(1000);
      await chain;
      expect(rung).toEqual([]);
    });
  });

  it('alarms share one timer, and set none for one that is cancelled', () => {
    setAlarm(ring('bound'), 500)();
    const armed = jest.getTimerCount();
    for (let count = 0; count < 100; count += 1) setAlarm(ring('bound'), 500 + count)();
    expect(armed).toBe(1);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(500);
    expect(jest.getTimerCount()).toBe(0);
    expect(rung).toEqual([]);
  });
});

describe('the process', () => {
  it('is kept alive by an alarm, not by a cancelled one', () => {
    const timers: NodeJS.Timeout[] = [];
    const { setTimeout: set } = globalThis;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation((...given: Parameters<typeof set>) => {
      const timer = set(...given);
      timers.push(timer);
      return timer;
    });
    const isAlive = () => timers.some((timer) => timer.hasRef());
    const cancel = setAlarm(ring('first'), 500);
    expect(isAlive()).toBe(true);
    cancel();
    expect(isAlive()).toBe(false);
    const cancelNext = setAlarm(ring('second'), 600);
    expect(isAlive()).toBe(true);
    cancelNext();
    expect(isAlive()).toBe(false);
    expect(timers).toHaveLength(1);
  });

  it('is not kept alive when an alarm that rings cancels the last one', () => {
    const cancel = setAlarm(ring('cancelled'), 3000);
    setAlarm(() => cancel(), 20);
    setAlarm(ring('same'), 20);
    const set = jest.spyOn(globalThis, 'setTimeout');
    jest.advanceTimersByTime(21);
    expect(rung).toEqual(['same']);
    const timers = set.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timers.filter((timer) => timer.hasRef())).toEqual([]);
  });
});
