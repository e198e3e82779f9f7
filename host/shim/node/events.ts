// Node's EventEmitter. An 'error' that nobody listens to is thrown.

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what an event brings is between its two ends
export type Listener = (...values: any[]) => void;

interface Entry {
  readonly listener: Listener;
  readonly isOnce: boolean;
}

export class EventEmitter {
  readonly #entries = new Map<string, readonly Entry[]>();

  on(event: string, listener: Listener): this {
    return this.#add(event, { listener, isOnce: false });
  }

  once(event: string, listener: Listener): this {
    return this.#add(event, { listener, isOnce: true });
  }

  #add(event: string, entry: Entry): this {
    this.#entries.set(event, [...(this.#entries.get(event) ?? []), entry]);
    return this;
  }

  removeListener(event: string, listener: Listener): this {
    const entries = this.#entries.get(event) ?? [];
    const index = entries.findLastIndex((entry) => entry.listener === listener);
    if (index >= 0) this.#entries.set(event, entries.toSpliced(index, 1));
    return this;
  }

  removeAllListeners(event: string): this {
    this.#entries.delete(event);
    return this;
  }

  listenerCount(event: string): number {
    return this.#entries.get(event)?.length ?? 0;
  }

  /** False when nobody listens. */
  emit(event: string, ...values: unknown[]): boolean {
    const entries = this.#entries.get(event) ?? [];
    if (entries.length === 0) {
      if (event === 'error') throw values[0];
      return false;
    }
    for (const { listener, isOnce } of entries) {
      if (isOnce) this.removeListener(event, listener);
      listener.apply(this, values);
    }
    return true;
  }
}
