// What the bound of all that came in cuts, and whom it wakes, with a reserve for the function's SDK.
import { ByteBudget } from '../../src/http/byte-budget';
import type { OpenHolder } from '../../src/http/byte-budget';
import { monotonicMs } from '../../src/node/clock';

const MIB = 1024 * 1024;

class Holder implements OpenHolder {
  heldBytes = 0;
  progressMs = monotonicMs();
  isCut = false;

  constructor(
    private readonly budget: ByteBudget,
    readonly usesReserve: boolean,
  ) {
    budget.add(this);
  }

  get greed(): number {
    return this.heldBytes;
  }

  receive(bytes: number): void {
    this.heldBytes += bytes;
    this.budget.change(bytes);
  }

  makeRoom(): void {
    this.isCut = true;
    this.budget.remove(this);
  }
}

/** As with the default buffer: 15 MiB for all, and 9 for the SDK alone. */
function createBudget(): {
  readonly budget: ByteBudget;
  readonly sdk: () => Holder;
  readonly telemetry: () => Holder;
} {
  const budget = new ByteBudget(24 * MIB, 9 * MIB);
  return {
    budget,
    sdk: () => new Holder(budget, true),
    telemetry: () => new Holder(budget, false),
  };
}

describe('unfinished requests of the SDK', () => {
  it('are not cut while there is a reserve', () => {
    const { sdk } = createBudget();
    const requests = [sdk(), sdk()];
    for (const request of requests) request.receive(8 * MIB);
    expect(requests.map(({ isCut }) => isCut)).toEqual([false, false]);
  });

  it('are cut when also the reserve is used up, the greediest first', () => {
    const { budget, sdk } = createBudget();
    const requests = [7, 8, 9.5].map((mib) => {
      const request = sdk();
      request.receive(mib * MIB);
      return request;
    });
    expect(requests.map(({ isCut }) => isCut)).toEqual([false, false, true]);
    expect(budget.isUsedUp).toBe(false);
  });

  it('are cut within the reserve when they stopped, so that others get room', () => {
    const { sdk, telemetry } = createBudget();
    const stalled = sdk();
    stalled.receive(14 * MIB);
    stalled.progressMs -= 10_000;
    const batch = telemetry();
    batch.receive(2 * MIB);
    expect([stalled.isCut, batch.isCut]).toEqual([true, false]);
  });

  it('do not protect those of others, which are cut without the reserve', () => {
    const { sdk, telemetry } = createBudget();
    const [request, batch] = [sdk(), telemetry()];
    batch.receive(8 * MIB);
    request.receive(7.5 * MIB);
    expect([request.isCut, batch.isCut]).toEqual([false, true]);
  });
});

describe('who waits for room', () => {
  it('goes on at once when the reserve has some, others when all of it is free', () => {
    const { budget, sdk, telemetry } = createBudget();
    const woken: string[] = [];
    budget.keep(15 * MIB);
    const request = sdk();
    request.receive(9.5 * MIB);
    budget.whenRoom(() => woken.push('telemetry'), telemetry());
    budget.whenRoom(() => woken.push('sdk'), request);
    budget.release(MIB);
    expect(woken).toEqual(['sdk']);
    budget.release(8 * MIB);
    expect(woken).toEqual(['sdk']);
    budget.release(MIB);
    expect(woken).toEqual(['sdk', 'telemetry']);
  });

  it('goes on when a request is cut or ends', () => {
    const { budget, sdk, telemetry } = createBudget();
    const woken: string[] = [];
    const [first, second] = [sdk(), sdk()];
    first.receive(8 * MIB);
    second.receive(8 * MIB);
    budget.whenRoom(() => woken.push('telemetry'), telemetry());
    budget.remove(first);
    expect(woken).toEqual(['telemetry']);
  });
});
