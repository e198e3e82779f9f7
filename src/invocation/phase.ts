// One start with its runtimeDone and its report: an invocation, an init or a restore. Events are paired
// by time when the tracker settles, never by arrival, so any order and any split of batches gives the
// same pairs, and an event that comes twice finds its place taken.
import type { HrTime } from '@opentelemetry/api';
import { compareTimes } from '../telemetry/timestamp';

interface Timed {
  readonly time: HrTime;
}

export interface Phase<S extends Timed, D extends Timed, R extends Timed> {
  start?: S;
  done?: D;
  report?: R;
}

type Part = 'done' | 'report';

/** The phases of one key (a requestId; `init`; `restore`), in order of their starts. */
export class PhaseList<
  S extends Timed,
  D extends Timed,
  R extends Timed,
  P extends Phase<S, D, R>,
> {
  /** In a list of its length, most often one: push and spread make room for 17. */
  private inOrder: readonly P[] = [];
  private waiting: { readonly done: D[]; readonly report: R[] } = { done: [], report: [] };
  private waited = false;

  constructor(private readonly createPhase: () => P) {}

  get phases(): readonly P[] {
    return this.inOrder;
  }

  /**
   * A start makes a phase of its own, unless one with this time exists; a phase that was made for an end
   * alone takes it in.
   */
  addStart(start: S): void {
    const isKnown = (phase: P) => phase.start && compareTimes(phase.start.time, start.time) === 0;
    if (this.inOrder.some(isKnown)) return;
    let phase = this.inOrder.find((candidate) => endsWithoutStart(candidate, start));
    if (phase === undefined) {
      phase = this.createPhase();
      this.inOrder = this.inOrder.concat(phase);
    }
    phase.start = start;
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
   * The earliest waiting report from before every start: a phase of its own, in front of all others.
   * Undefined when there is none.
   */
  adoptEarlierReport(): P | undefined {
    const { report: reports } = this.waiting;
    const [report] = reports.sort((a, b) => compareTimes(a.time, b.time));
    if (report === undefined) return undefined;
    const isCovered = (phase: P) => phase.start && compareTimes(phase.start.time, report.time) <= 0;
    if (this.inOrder.some(isCovered)) return undefined;
    reports.shift();
    const phase = this.createPhase();
    phase.report = report;
    this.inOrder = [phase, ...this.inOrder];
    return phase;
  }

  /** There are ends that no start is known for yet. */
  get isWaiting(): boolean {
    return this.waiting.done.length + this.waiting.report.length > 0;
  }

  /**
   * Gives every waiting end to its phase. What finds none waits for one more settling (its start may be in
   * a later batch); then, or when `final`, it gets a phase without a start.
   */
  settle(final: boolean): void {
    this.assignWaiting();
    if (this.isWaiting && (final || this.waited)) {
      this.inOrder = [this.createPhase(), ...this.inOrder];
      this.assignWaiting();
    }
    this.waited = this.isWaiting;
  }

  private assignWaiting(): void {
    this.waiting = { done: this.assign('done'), report: this.assign('report') };
  }

  private assign<T extends Part>(part: T): (T extends 'done' ? D : R)[] {
    const events = this.waiting[part] as (D | R)[];
    events.sort((a, b) => compareTimes(a.time, b.time));
    const orphans = events.filter((event) => {
      const phase = this.phaseOf(event, part);
      if (phase === undefined) return true;
      (phase[part] as D | R | undefined) ??= event;
      return false;
    });
    return orphans as (T extends 'done' ? D : R)[];
  }

  /** The latest phase that started by then; with clocks that disagree, the first that still lacks this end. */
  private phaseOf(event: Timed, part: Part): P | undefined {
    const started = this.inOrder.filter(
      (phase) => compareTimes(startOrZero(phase), event.time) <= 0,
    );
    return started.at(-1) ?? this.inOrder.find((phase) => phase[part] === undefined);
  }
}

function endsWithoutStart(phase: Phase<Timed, Timed, Timed>, start: Timed): boolean {
  const end = phase.done ?? phase.report;
  return phase.start === undefined && end !== undefined && compareTimes(end.time, start.time) >= 0;
}

function startOrZero(phase: { readonly start?: Timed }): HrTime {
  return phase.start?.time ?? [0, 0];
}
