// Runs the pipeline through one cold invocation and its export, then writes V8's code cache of what was
// compiled. CommonJS, because it runs in the Node.js of the layer, not in the one that builds.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { createRequire, wrap } = require('node:module');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

const folder = process.argv[2];
// As it will be named in Lambda: the name is part of the cache.
const filename = '/opt/lambda-otlp/pipeline.source.js';
const requestId = '6d5a7c9e-0000-4000-8000-000000000001';
const initialization = { initializationType: 'on-demand', phase: 'init' };
const runtime = {
  runtimeVersion: 'nodejs:22.v1',
  runtimeVersionArn: 'arn:aws:lambda:eu-west-1::runtime:0',
};
const tracing = {
  type: 'X-Amzn-Trace-Id',
  value: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
};
const spans = ['responseLatency', 'responseDuration', 'runtimeOverhead'].map((name, index) => ({
  name,
  start: `2025-01-01T00:00:01.0${index}0Z`,
  durationMs: 10,
}));
const events = [
  [
    'platform.initStart',
    0,
    { ...initialization, ...runtime, functionName: 'f', functionVersion: '1' },
  ],
  ['platform.initRuntimeDone', 400, { ...initialization, status: 'success' }],
  [
    'platform.initReport',
    401,
    { ...initialization, status: 'success', metrics: { durationMs: 401 } },
  ],
  ['platform.start', 1000, { requestId, version: '$LATEST', tracing }],
  [
    'function',
    1005,
    { timestamp: '2025-01-01T00:00:01.005Z', level: 'INFO', requestId, message: 'm' },
  ],
  ['function', 1006, `2025-01-01T00:00:01.006Z\t${requestId}\tERROR\tline\n`],
  [
    'platform.runtimeDone',
    1030,
    {
      ...{ requestId, status: 'success', tracing, spans },
      metrics: { durationMs: 30, producedBytes: 2 },
    },
  ],
  [
    'platform.report',
    1031,
    {
      ...{ requestId, status: 'success', tracing },
      metrics: {
        durationMs: 30,
        billedDurationMs: 31,
        memorySizeMB: 128,
        maxMemoryUsedMB: 64,
        initDurationMs: 401,
      },
    },
  ],
].map(([type, offsetMs, record]) => ({
  time: new Date(Date.UTC(2025, 0, 1) + offsetMs).toISOString(),
  type,
  record,
}));

const silent = { error() {}, warn() {}, info() {}, debug() {} };

async function run(createPipeline, endpoint) {
  const pipeline = createPipeline({
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_REGION: 'eu-west-1',
    },
    registration: {
      extensionId: 'x',
      functionName: 'f',
      functionVersion: '$LATEST',
      accountId: '1',
    },
    diagnostics: silent,
    initializationType: 'on-demand',
  });
  pipeline.accept(JSON.stringify(events));
  const { delivered } = await pipeline.flush(Date.now() + 10_000);
  if (!delivered)
    throw new Error('expected the pipeline to deliver to the loopback endpoint, it did not');
}

// Which functions are being optimized when the cache is written depends on timing, and marks them in it.
const compilers = ['sparkplug', 'concurrent-sparkplug', 'maglev', 'opt'];

async function main() {
  for (const name of compilers) setFlagsFromString(`--no-${name}`);
  const source = wrap(readFileSync(join(folder, 'pipeline.js'), 'utf8'));
  const script = new Script(source, { filename });
  const module = { exports: {} };
  const requireSibling = createRequire(join(folder, 'pipeline.js'));
  script.runInThisContext()(module.exports, requireSibling, module, filename, folder);
  const server = createServer((request, response) =>
    request.resume().on('end', () => response.end()),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await run(module.exports.createPipeline, `http://127.0.0.1:${server.address().port}`);
  // The cache holds a hash of the flags, which must be the defaults again.
  for (const name of compilers) setFlagsFromString(`--${name}`);
  const cachedData = script.createCachedData();
  if (new Script(source, { filename, cachedData }).cachedDataRejected) {
    throw new Error('expected V8 to accept the code cache it just made, it did not');
  }
  writeFileSync(join(folder, 'pipeline.cache'), cachedData);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
