/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const common: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/local-lambda/test', '<rootDir>/cdk/test'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
};

/** Their tests run build/layer, which is built first when it is not of now. */
const roomsOfTheBuiltLayer = ['scenarios', 'scenarios-faults', 'rie'];

const config: Config = {
  projects: [
    {
      ...common,
      displayName: 'source',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        // Their own configuration: they need the native host.
        '<rootDir>/test/host/',
        ...roomsOfTheBuiltLayer.map((room) => `<rootDir>/test/${room}/`),
      ],
    },
    {
      ...common,
      displayName: 'layer',
      testMatch: roomsOfTheBuiltLayer.map((room) => `<rootDir>/test/${room}/**/*.test.ts`),
      globalSetup: '<rootDir>/test/scenarios/build-layer.ts',
    },
  ],
  testTimeout: 30_000,
};

export default config;
