// Each property is tried for a moment instead of at length; what failed to hold within it still fails.
import fc from 'fast-check';

// The plugin that is to follow it cannot be configured for all properties yet.
// eslint-disable-next-line @typescript-eslint/no-deprecated
fc.configureGlobal({ interruptAfterTimeLimit: 200 });
