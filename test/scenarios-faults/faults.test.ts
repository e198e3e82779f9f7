// A sample of the fault matrix for every test run; `npm run test:faults` goes through all of it.
import { faultNamed } from '../faults/fault';
import { endRuns } from '../faults/faulty-run';
import { expectHarmless, expectRecovered, expectSound } from '../faults/matrix-promises';
import { runCell } from '../faults/matrix-run';
import type { Phase, Strategy } from '../faults/matrix-run';

afterEach(endRuns);

test.each<[string, Strategy, Phase]>([
  ['refused', 'adaptive', 'first flush'],
  ['503', 'end', 'steady'],
  ['reset', 'overlap', 'steady'],
  ['hang', 'adaptive', 'steady'],
  ['500', 'end', 'first flush'],
  ['413 above 3 kB', 'adaptive', 'steady'],
  ['partial success', 'overlap', 'first flush'],
  ['closes idle connections in the freeze', 'overlap', 'steady'],
  ['hang', 'end', 'shutdown'],
])('%s, with %s, at %s harms nobody and loses nothing uncounted', async (name, strategy, phase) => {
  const outcome = await runCell({ fault: faultNamed(name), strategy, phase });
  expectHarmless(outcome);
  expectSound(outcome);
  if (phase !== 'shutdown') expectRecovered(outcome);
});
