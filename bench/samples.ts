// Samples of one figure, collected by subject.

export class Samples {
  readonly #bySubject: Record<string, number[]> = {};

  add(subject: string, ...values: readonly number[]): void {
    const samples = (this.#bySubject[subject] ??= []);
    // Not push(...values): there may be more of them than arguments fit on a stack.
    for (const value of values) samples.push(value);
  }

  get bySubject(): Readonly<Record<string, readonly number[]>> {
    return this.#bySubject;
  }
}
