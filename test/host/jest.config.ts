/** @jest-config-loader esbuild-register */
// What the built layer does on the native host: every scenario of the layer for Node.js, and what only this
// host can get wrong. Apart from `npm test`, for it needs `npm run build -- --standalone` before; without that all
// of it is skipped, and says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';
import { hostLayer } from './host-layer';

// Before the workers start, which inherit it.
process.env['LAMBDA_OTLP_LAYER'] ??= hostLayer;

const isBuilt = existsSync(hostLayer);

const config: Config = {
  rootDir: join(__dirname, '../..'),
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: isBuilt
    ? ['host', 'scenarios', 'scenarios-faults', 'rie'].map(
        (room) => `<rootDir>/test/${room}/**/*.test.ts`,
      )
    : ['<rootDir>/test/host/not-built.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  ...(isBuilt && { globalSetup: '<rootDir>/test/host/require-layer.ts' }),
  testTimeout: 60_000,
};

export default config;
