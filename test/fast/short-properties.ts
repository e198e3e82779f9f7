// Each property is tried for a moment instead of at length; what failed to hold within it still fails.
import fc from 'fast-check';

const MOMENT_MS = 200;

fc.configureGlobal({ plugins: [fc.interruptAfterTimeLimit(MOMENT_MS)] });
