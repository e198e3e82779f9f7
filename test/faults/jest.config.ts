/** @jest-config-loader esbuild-register */
// The fault matrix and soak, apart from `npm test`: they take minutes. Environments are frozen most of the
// time, so three share two processors.
import type { Config } from 'jest';

const config: Config = {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/faults'],
  testMatch: ['**/*.faults.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  ...(process.env['LAMBDA_OTLP_LAYER'] === undefined && {
    globalSetup: '<rootDir>/test/scenarios/build-layer.ts',
  }),
  // Only for what hangs: on a busy machine everything takes its time.
  testTimeout: 300_000,
  maxWorkers: 3,
};

export default config;
