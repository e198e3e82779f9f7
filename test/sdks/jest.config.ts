/** @jest-config-loader esbuild-register */
// `npm run test:sdks`: real SDKs beside the built layer. Apart from `npm test`, for it installs them from registries.
import { join } from 'node:path';
import type { Config } from 'jest';

const config: Config = {
  rootDir: join(__dirname, '../..'),
  testEnvironment: 'node',
  roots: ['<rootDir>/test/sdks'],
  testMatch: ['**/*.scenario.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  globalSetup: '<rootDir>/test/sdks/setup.ts',
  testTimeout: 240_000,
};

export default config;
