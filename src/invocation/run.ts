// One start with its runtimeDone and its report: an invocation, an init or a restore. Events are paired
// by time when the tracker settles, never by arrival, so any order and any split of batches gives the
// same pairs, and an event that comes twice changes nothing.
import type { HrTime } from '@opentelemetry/api';
import { compareTimes } from '../telemetry/timestamp';

interface Timed {
  readonly time: HrTime;
}

export interface Run<S extends Timed, D extends Timed, R extends Timed> {
  start?: S;
  done?: D;
  report?: R;
}

type Part = 'done' | 'report';

/** The runs of one key (a requestId; `init`; `restore`), in order of their starts. */
export class RunList<S extends Timed, D extends Timed, R extends Timed, P extends Run<S, D, R>> {
  /** Extended by concat, which allocates exactly: V8 gives an array that is pushed to a capacity of 17. */
  private inOrder: readonly P[] = [];
  private waiting: { readonly done: D[]; readonly report: R[] } = { done: [], report: [] };
  private waited = false;

  constructor(private readonly createRun: () => P) {}

  get runs(): readonly P[] {
    return this.inOrder;
  }

  /**
   * A start makes a run of its own, unless one with this time exists; a run that was made for an end
   * alone takes it in.
   */
  addStart(start: S): void {
    const isKnown = (run: P) => run.start && compareTimes(run.start.time, start.time) === 0;
    if (this.inOrder.some(isKnown)) return;
    let run = this.inOrder.find((candidate) => endsWithoutStart(candidate, start));
    if (run === undefined) {
      run = this.createRun();
      this.inOrder = this.inOrder.concat(run);
    }
    run.start = start;
    if (this.inOrder.length > 1) {
      this.inOrder = [...this.inOrder].sort((a, b) => compareTimes(startOrZero(a), startOrZero(b)));
    }
  }

  addDone(done: D): void {
    this.waiting.done.push(done);
  }

  addReport(report: R): void {
    this.waiting.report.push(report);
  }

  /**
   * The earliest waiting report from before every start: a run of its own, in front of all others.
   * Undefined when there is none.
   */
  adoptEarlierReport(): P | undefined {
    const { report: reports } = this.waiting;
    const [report] = reports.sort((a, b) => compareTimes(a.time, b.time));
    if (report === undefined) return undefined;
    const isCovered = (run: P) => run.start && compareTimes(run.start.time, report.time) <= 0;
    if (this.inOrder.some(isCovered)) return undefined;
    reports.shift();
    const run = this.createRun();
    run.report = report;
    this.inOrder = [run, ...this.inOrder];
    return run;
  }

  /** There are ends that no start is known for yet. */
  get isWaiting(): boolean {
    return this.waiting.done.length + this.waiting.report.length > 0;
  }

  /**
   * Gives every waiting end to its run. What finds none waits for one more settling (its start may be in
   * a later batch); then, or when `final`, it gets a run without a start.
   */
  pair(final: boolean): void {
    this.assignWaiting();
    if (this.isWaiting && (final || this.waited)) {
      this.inOrder = [this.createRun(), ...this.inOrder];
      this.assignWaiting();
    }
    this.waited = this.isWaiting;
  }

  private assignWaiting(): void {
    const { done, report } = this.waiting;
    this.waiting = {
      done: this.assign(done, 'done', (run, event) => (run.done ??= event)),
      report: this.assign(report, 'report', (run, event) => (run.report ??= event)),
    };
  }

  /** Returns the events for which there is no run. */
  private assign<Event extends Timed>(
    events: Event[],
    part: Part,
    give: (run: Run<S, D, R>, event: Event) => void,
  ): Event[] {
    events.sort((a, b) => compareTimes(a.time, b.time));
    return events.filter((event) => {
      const run = this.runOf(event, part);
      if (run !== undefined) give(run, event);
      return run === undefined;
    });
  }

  /** The latest run that started by then; with clocks that disagree, the first that still lacks this end. */
  private runOf(event: Timed, part: Part): P | undefined {
    const started = this.inOrder.filter((run) => compareTimes(startOrZero(run), event.time) <= 0);
    return started.at(-1) ?? this.inOrder.find((run) => run[part] === undefined);
  }
}

function endsWithoutStart(run: Run<Timed, Timed, Timed>, start: Timed): boolean {
  const end = run.done ?? run.report;
  return run.start === undefined && end !== undefined && compareTimes(end.time, start.time) >= 0;
}

function startOrZero(run: { readonly start?: Timed }): HrTime {
  return run.start?.time ?? [0, 0];
}
