// The function of the bench, as slow to initialize as the quickest runtimes on Lambda are.
await new Promise((resolve) => setTimeout(resolve, 100));

export { handler } from './function.mjs';
