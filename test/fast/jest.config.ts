/** @jest-config-loader esbuild-register */
// `npm run test:fast`, for the inner loop: the sources' tests without a build, without whole processes and
// without properties at length. What counts is `npm test`.
import type { Config } from 'jest';

/** Build the layer, start processes or run for many seconds. */
const SLOW = [
  'test/layer/',
  'test/bench/',
  'test/cdk/',
  'test/cli/',
  'test/demo/',
  'test/extension/process.test.ts',
  'test/lint/',
  'test/scenarios/',
  'test/scenarios-faults/',
  'test/rie/',
  'test/backends/',
  'test/faults/',
  // Their own configuration: they need the native host.
  'test/host/',
  'local-lambda/test/',
];

const config: Config = {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', ...SLOW.map((path) => `<rootDir>/${path}`)],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  setupFiles: ['<rootDir>/test/fast/short-properties.ts'],
  testTimeout: 30_000,
};

export default config;
