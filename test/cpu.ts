// What a piece of work costs beside another in the same process: a ratio that another process's load does not raise.

/** Milliseconds of CPU that this process used for the work, all its threads'. */
async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Rounds after which a ratio that is still too high is taken for the truth. */
const MAX_ROUNDS = 6;

/**
 * How many times the reference's CPU the work costs: the least of several rounds, in each of which the one runs after
 * the other, so that neither a collection of garbage nor a busy machine counts. No further round where one was enough.
 */
export async function cpuRatio(
  work: () => unknown,
  reference: () => unknown,
  enough: number,
): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < MAX_ROUNDS && least >= enough; round += 1) {
    const referenceMs = await cpuMsOf(reference);
    least = Math.min(least, (await cpuMsOf(work)) / referenceMs);
  }
  return least;
}
