// The context of a run: its tools, folders and names, and the function with which everything is created.
import type { Names } from './plan';
import type { Tool } from './tool';
import type { UndoStack } from './undo';

export interface Stage {
  readonly aws: Tool;
  readonly docker: Tool;
  readonly names: Names;
  readonly undo: UndoStack;
  /** Aborted when the run is interrupted; nothing is created after that. */
  readonly signal: AbortSignal;
  /** Folder of the built zips. */
  readonly layers: string;
  /** Folder of the functions' sources. */
  readonly sources: string;
  /** Folder of this run, deleted at its end. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** How long to wait for slow operations of AWS, in milliseconds. */
  readonly patienceMs: number;
}

export interface Making {
  readonly what: string;
  readonly tool: Tool;
  readonly create: readonly string[];
  readonly remove: readonly string[];
  readonly input?: string;
}

/** Returns the standard output of the call that creates it. Rejects if the run was interrupted or the call fails. */
export function make(stage: Stage, { what, tool, create, remove, input }: Making): Promise<string> {
  stage.signal.throwIfAborted();
  stage.undo.push({ what, tool, args: remove });
  // Docker's work on this machine may be interrupted halfway.
  const signal = tool === stage.docker ? { signal: stage.signal } : {};
  return tool.run(create, { ...signal, ...(input !== undefined && { input }) });
}
