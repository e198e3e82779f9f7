// Where a run takes place: its tools, folders and names, and the one way to make something there.
import type { Names } from './plan';
import type { Tool } from './tool';
import type { UndoStack } from './undo';

export interface Stage {
  readonly aws: Tool;
  readonly docker: Tool;
  readonly names: Names;
  readonly undo: UndoStack;
  /** Aborted when the run was interrupted: nothing is made any more. */
  readonly signal: AbortSignal;
  /** Folder of the built zips. */
  readonly layers: string;
  /** Folder of the functions' sources. */
  readonly sources: string;
  /** Folder of this run, deleted at its end. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** How long to wait for what AWS takes time for, milliseconds. */
  readonly patienceMs: number;
}

export interface Making {
  readonly what: string;
  readonly tool: Tool;
  readonly create: readonly string[];
  readonly remove: readonly string[];
  readonly input?: string;
}

/** Standard output of the call that makes it. Rejects where the run was interrupted, or the call fails. */
export function make(stage: Stage, { what, tool, create, remove, input }: Making): Promise<string> {
  stage.signal.throwIfAborted();
  stage.undo.push({ what, tool, args: remove });
  // What docker has begun on this machine can be left half done.
  const signal = tool === stage.docker ? { signal: stage.signal } : {};
  return tool.run(create, { ...signal, ...(input !== undefined && { input }) });
}
