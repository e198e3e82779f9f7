#!/usr/bin/env node
// The package has its program built; a checkout runs its sources.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const built = join(__dirname, '../dist/cli.js');
if (existsSync(built)) require(built);
else {
  require('esbuild-register');
  require('../src/cli/main.ts');
}
