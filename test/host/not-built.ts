// Stands for all tests of the layer with the native host where that was not built.
console.warn('SKIPPED: no layer with the native host; npm run build -- --standalone');

test.skip('what the built layer does on the native host', () => undefined);
