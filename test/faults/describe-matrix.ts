// The cells of one strategy as tests; files of their own let strategies run beside each other.
import { recordOutcome } from './report';
import { FAULTS } from './fault';
import { endRuns } from './faulty-run';
import { expectAccepted, expectHarmless, expectRecovered, expectSound } from './matrix-promises';
import { PHASES, runCell } from './matrix-run';
import type { Strategy } from './matrix-run';

export function describeMatrix(strategy: Strategy): void {
  afterEach(endRuns);

  const cells = PHASES.flatMap((phase) =>
    FAULTS.map((fault) => ({ fault, phase, name: fault.name })),
  );

  test.each(cells)(
    `${strategy}: $name at $phase harms nobody and loses nothing uncounted`,
    async ({ fault, phase }) => {
      const outcome = await runCell({ fault, strategy, phase });
      recordOutcome(outcome);
      expectHarmless(outcome);
      expectSound(outcome);
      if (phase !== 'shutdown') expectRecovered(outcome);
      // An answer may come when the process is gone already.
      else if (fault.settlesMs === undefined) expectAccepted(outcome);
    },
  );
}
