// The lines that one settling lets go. Those of one stream and request that are a stack trace, printed line by
// line, are joined; then each says what it knows of its invocation or initialization.
import type { LineFact, TraceJoiner, TrackedLine } from './fact';
import type { Initialization } from './initialization';
import type { Invocation } from './invocation';
import { noteLine } from './invocation';

/** How the key of lines without a request and without an initialization ends. */
const NOBODY = '//';

/** Whose a line is. */
export type LineOwner = Invocation | Initialization;

export function isInvocation(owner: LineOwner): owner is Invocation {
  return 'exceptions' in owner;
}

export class LeavingLines<Line extends TrackedLine> {
  private readonly facts: LineFact<Line>[] = [];
  private readonly owners: (LineOwner | undefined)[] = [];
  private hasTraceParts = false;
  private hasNews = false;

  add(fact: LineFact<Line>, owner: LineOwner | undefined): void {
    const { isTracePart, exception, saysOutOfMemory } = fact.line;
    if (isTracePart) this.hasTraceParts = true;
    if (exception !== undefined || saysOutOfMemory) this.hasNews = true;
    this.facts.push(fact);
    this.owners.push(owner);
  }

  /** `concurrent`: several requests may run at once. */
  end(
    joinTraces: TraceJoiner<Line>,
    { concurrent }: { readonly concurrent: boolean | undefined },
  ): LineFact<Line>[] {
    if (!this.hasTraceParts) {
      if (this.hasNews) this.note(this.facts);
      return this.facts;
    }
    const joined = this.join(joinTraces, concurrent === true);
    this.note(joined);
    return joined.filter((fact) => fact !== undefined);
  }

  /** A hole where a line went into an earlier one. */
  private join(
    joinTraces: TraceJoiner<Line>,
    isConcurrent: boolean,
  ): (LineFact<Line> | undefined)[] {
    const joined: (LineFact<Line> | undefined)[] = [...this.facts];
    for (const [owner, group] of groupByOwner(this.facts)) {
      // Lines of nobody may be of several requests that run at once.
      if (isConcurrent && owner.endsWith(NOBODY)) continue;
      const lines = joinTraces(group.map(({ fact }) => fact.line));
      for (const [place, { fact, index }] of group.entries()) {
        const line = lines[place];
        joined[index] = line && { ...fact, line };
      }
    }
    return joined;
  }

  /** What an extension prints says nothing about the function. */
  private note(facts: readonly (LineFact<Line> | undefined)[]): void {
    for (const [index, fact] of facts.entries()) {
      const owner = this.owners[index];
      if (fact?.line.stream !== 'function' || owner === undefined) continue;
      const { exception } = fact.line;
      if (isInvocation(owner)) noteLine(owner, fact.line);
      else if (exception?.isRuntimeReport === true) owner.runtimeReport = exception;
    }
  }
}

interface Place<Line> {
  readonly fact: LineFact<Line>;
  readonly index: number;
}

function groupByOwner<Line extends TrackedLine>(
  facts: readonly LineFact<Line>[],
): ReadonlyMap<string, readonly Place<Line>[]> {
  const groups = new Map<string, Place<Line>[]>();
  for (const [index, fact] of facts.entries()) {
    const { line, requestId = '', identity } = fact;
    const owner = `${line.stream}/${requestId}/${identity?.spanId ?? ''}`;
    const group = groups.get(owner);
    if (group === undefined) groups.set(owner, [{ fact, index }]);
    else group.push({ fact, index });
  }
  return groups;
}
