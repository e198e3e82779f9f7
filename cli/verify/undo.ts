// Everything that was created is deleted in reverse order, whatever happened in between. The call that deletes a thing
// is noted before the one that creates it, since that may succeed although its answer is lost. So it is a success if
// there is nothing to delete.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tool } from './tool';

export interface Undo {
  /** `role lambda-otlp-verify-a1b2c3`. */
  readonly what: string;
  readonly tool: Tool;
  /** The call that deletes it. */
  readonly args: readonly string[];
  /** Deleted after everything else, since others may still write to it. */
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

  /** What may exist, in the order in which it will be deleted. */
  list(): readonly Undo[] {
    return [...this.steps].reverse();
  }

  /**
   * Continues when a step fails, and returns what could not be deleted. `patienceMs`: how long each step is retried.
   */
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

/**
 * Why it could not be deleted; undefined if it is gone. For some seconds, IAM refuses to delete what was just in use.
 */
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
