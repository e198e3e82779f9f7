/** @jest-config-loader esbuild-register */
// Scenarios with real back ends, apart from `npm test`: they need Go and minutes. One at a time, for the servers share
// two processors with the function under test.
import type { Config } from 'jest';

const config: Config = {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/backends'],
  testMatch: ['**/*.scenario.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  testTimeout: 180_000,
  maxWorkers: 1,
};

export default config;
