// The answers of GET /2020-01-01/extension/event/next (Extensions API).

/** INVOKE as received; optional members may be missing (RIE) or of another form. */
export interface InvokeEvent {
  readonly eventType: 'INVOKE';
  readonly requestId: string;
  /** Epoch milliseconds at which the function times out. */
  readonly deadlineMs: number;
  readonly invokedFunctionArn?: string;
  /** Value of the X-Amzn-Trace-Id header. */
  readonly tracingValue?: string;
}

export interface ShutdownEvent {
  readonly eventType: 'SHUTDOWN';
  /** Free text: `spindown`, `timeout`, `failure`, `Timeout`, `SandboxTerminated`, ... */
  readonly shutdownReason: string;
  /** Epoch milliseconds of SIGKILL. */
  readonly deadlineMs: number;
}

export type NextEvent = InvokeEvent | ShutdownEvent;
