// Ends a request from outside. An AbortController does the same with an EventTarget for each request, which
// costs more than formatting the request.

export class Cancellation {
  /** Called by `cancel`; whoever carries the request sets it, and clears it at the request's end. */
  onCancel: (() => void) | undefined;
  private cancelled = false;

  get isCancelled(): boolean {
    return this.cancelled;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.onCancel?.();
  }
}
