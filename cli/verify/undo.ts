// What was made is deleted, last first, whatever happened between: each creation leaves the call that undoes it.
export class UndoStack {
  private readonly steps: { readonly what: string; readonly undo: () => void }[] = [];

  push(what: string, undo: () => void): void {
    this.steps.push({ what, undo });
  }

  /** Goes on when a step fails; returns what could not be deleted, with the reason. */
  unwind(): readonly string[] {
    const left: string[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        step.undo();
      } catch (error) {
        left.push(`${step.what}: ${(error as Error).message}`);
      }
    }
    return left;
  }
}
