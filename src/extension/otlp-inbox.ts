// What the function's SDK handed over, on its way to the pipeline: kept, within the budget of all that came in,
// until the pipeline is loaded.
import type { ByteBudget } from '../http/byte-budget';
import type { OtlpBody } from '../lambda/otlp-receiver';

/** Who reads: the pipeline. */
export interface OtlpReader {
  /** `onRead`: called once nothing of the body is needed any more as it came. Never throws. */
  acceptOtlp(body: OtlpBody, onRead: () => void): void;
  /** A request was refused. */
  refusedOtlp(): void;
}

/** Beside a body's bytes. */
const BODY_COST_BYTES = 512;

export class OtlpInbox {
  private reader: OtlpReader | undefined;
  private waiting: OtlpBody[] = [];
  private refused = 0;

  constructor(private readonly budget: ByteBudget) {}

  accept(body: OtlpBody): void {
    this.budget.keep(costOf(body));
    if (this.reader === undefined) this.waiting.push(body);
    else this.read(body, this.reader);
  }

  refuse(): void {
    if (this.reader === undefined) this.refused += 1;
    else this.reader.refusedOtlp();
  }

  /** From now on there is somebody to read, in the order of arrival. */
  attach(reader: OtlpReader): void {
    this.reader = reader;
    for (const body of this.waiting) this.read(body, reader);
    this.waiting = [];
    for (; this.refused > 0; this.refused -= 1) reader.refusedOtlp();
  }

  private read(body: OtlpBody, reader: OtlpReader): void {
    reader.acceptOtlp(body, () => this.budget.release(costOf(body)));
  }
}

function costOf({ bytes }: OtlpBody): number {
  return bytes.length + BODY_COST_BYTES;
}
