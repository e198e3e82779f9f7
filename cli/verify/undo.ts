// What was made is deleted, last first, whatever happened between. What deletes a thing is noted before the call that
// makes it, since that may succeed and its answer be lost; so to find it gone already is success.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tool } from './tool';

export interface Undo {
  /** `role lambda-otlp-verify-a1b2c3`. */
  readonly what: string;
  readonly tool: Tool;
  /** The call that deletes it. */
  readonly args: readonly string[];
  /** After everything else: what others may still write to. */
  readonly isLast?: boolean;
}

export interface Leftover {
  readonly what: string;
  /** The command that deletes it. */
  readonly line: string;
  readonly reason: string;
}

const GONE = /NoSuchEntity|ResourceNotFound|RepositoryNotFound|No such image|not found/i;
const STEP_MS = 2_000;

export class UndoStack {
  private readonly steps: Undo[] = [];

  push(step: Undo): void {
    if (step.isLast === true) this.steps.unshift(step);
    else this.steps.push(step);
  }

  /** What may exist, in the order in which it is to be deleted. */
  list(): readonly Undo[] {
    return [...this.steps].reverse();
  }

  /** Goes on when a step fails; returns what could not be deleted. `patienceMs`: how long to try again, each. */
  async unwind(patienceMs: number): Promise<readonly Leftover[]> {
    const left: Leftover[] = [];
    for (let step = this.steps.at(-1); step !== undefined; step = this.steps.at(-1)) {
      const reason = await attempt(step, patienceMs);
      if (reason !== undefined)
        left.push({ what: step.what, line: step.tool.toLine(step.args), reason });
      this.steps.pop();
    }
    return left;
  }
}

/** Why it could not be deleted; undefined: it is gone. IAM refuses for some seconds what was in use just now. */
async function attempt({ tool, args }: Undo, patienceMs: number): Promise<string | undefined> {
  for (const endMs = Date.now() + patienceMs; ;) {
    try {
      await tool.run(args);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      if (GONE.test(message)) return undefined;
      if (Date.now() + STEP_MS >= endMs) return message;
      await sleep(STEP_MS);
    }
  }
}
