// The doctor by what it prints of a configuration, against servers on loopback.
import { readFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { examine } from '../../cli/doctor/examine';
import { readFunctionConfiguration } from '../../cli/doctor/function-configuration';
import { toText } from '../../cli/doctor/report';
import {
  answering,
  closing,
  deployed,
  diagnose,
  ENDPOINT,
  listen,
  listenTcp,
  OWN_LAYER,
  type Rest,
} from './diagnose';

const X86_LAYER = 'arn:aws:lambda:eu-west-1:123456789012:layer:lambda-otlp-x86_64:1';
const SDK_LAYER = 'arn:aws:lambda:eu-west-1:184161586896:layer:opentelemetry-nodejs-0_18_0:1';
const COLLECTOR_LAYER =
  'arn:aws:lambda:eu-west-1:184161586896:layer:opentelemetry-collector-arm64-0_18_0:1';

test('of a sound configuration it says so, and all three items arrive', async () => {
  const receiver = await startOtlpReceiver();
  closing.push(() => receiver.close());
  const { examination } = await diagnose(deployed({ [ENDPOINT]: receiver.url }));
  expect(examination.findings).toEqual([]);
  expect(toText(examination)).toContain('All is well');
  const levels = Object.values(examination.verdicts).map(({ level }) => level);
  expect(levels).toEqual(['arrived', 'arrived', 'arrived']);
});

test.each<readonly [Readonly<Record<string, string>>, RegExp]>([
  [{ LAMBDA_OTLP_FLUSHH: 'end' }, /^fault LAMBDA_OTLP_FLUSHH: .*did you mean LAMBDA_OTLP_FLUSH\?/],
  [{ OTEL_EXPORTER_OTLP_HEADRS: 'a=b' }, /^fault OTEL_EXPORTER_OTLP_HEADRS: .*_HEADERS\?\)$/],
  [
    { [ENDPOINT]: '', OTEL_EXPORTER_OTLP_ENDPONT: 'https://x' },
    /^fault OTEL_EXPORTER_OTLP_ENDPONT: /,
  ],
  [{ [ENDPOINT]: 'HEALTHY/v1/traces' }, /^fault OTEL_EXPORTER_OTLP_ENDPOINT: .* without the path/],
  [{ [ENDPOINT]: 'otlp.example.com:4318' }, /^fault OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL/],
  [{ [ENDPOINT]: '"HEALTHY"' }, /^fault OTEL_EXPORTER_OTLP_ENDPOINT: has quotation marks/],
  [{ otel_exporter_otlp_headers: 'a=b' }, /^fault otel_exporter_otlp_headers: .* in capitals/],
  ...[
    '${secretsmanager:otlp#apiKey',
    '${secretmanager:otlp#apiKey}',
    '{{resolve:secretsmanager:otlp:SecretString:apiKey}}',
    'secretsmanager:otlp#apiKey',
    '$(ssm:/otlp/key)',
  ].map(
    (value) =>
      [
        { OTEL_EXPORTER_OTLP_HEADERS: `api-key=${value}` },
        /^fault OTEL_EXPORTER_OTLP_HEADERS: contains what looks like a reference to a secret but is none/,
      ] as const,
  ),
  [
    {
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'HEALTHY',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://vendor.example.com',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k3y-0123456789',
    },
    /^warning OTEL_EXPORTER_OTLP_HEADERS: applies to OTEL_EXPORTER_OTLP_ENDPOINT and is not sent to LAMBDA_/,
  ],
  [{ OTEL_SDK_DISABLED: 'true' }, /^fault OTEL_SDK_DISABLED: nothing is exported/],
  [{ AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' }, /^warning AWS_LAMBDA_EXEC_WRAPPER: /],
  [
    {
      LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'HEALTHY',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://vendor.example.com',
      AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler',
    },
    /^warning AWS_LAMBDA_EXEC_WRAPPER: .* sends by itself/,
  ],
])('of the variables %j the fault is named first', async (variables, expected) => {
  const healthy = await listen(answering(200));
  const given = Object.entries({ [ENDPOINT]: healthy, ...variables });
  const whole = given.map(([name, value]) => [name, value.replace('HEALTHY', healthy)] as const);
  expect((await diagnose(deployed(Object.fromEntries(whole)))).first).toMatch(expected);
});

const OWN = `LAMBDA_OTLP_${ENDPOINT}`;
const TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const OWN_TRACES = `LAMBDA_OTLP_${TRACES}`;
const DEFAULT = 'http://localhost:4318/v1/metrics by default';

test.each<readonly [Readonly<Record<string, string>>, string, string]>([
  [
    { [OWN]: 'https://a', [TRACES]: 'https://b/v1/traces' },
    `https://a/v1/traces by ${OWN}`,
    `https://a/v1/metrics by ${OWN}`,
  ],
  [
    { [OWN_TRACES]: 'https://a/v1/traces', [ENDPOINT]: 'https://b' },
    `https://a/v1/traces by ${OWN_TRACES}`,
    DEFAULT,
  ],
  [
    { [TRACES]: 'https://b/v1/traces', [ENDPOINT]: 'https://a' },
    `https://b/v1/traces by ${TRACES}`,
    `https://a/v1/metrics by ${ENDPOINT}`,
  ],
  [
    { [TRACES]: 'b:4318', [ENDPOINT]: 'https://a' },
    `https://a/v1/traces by ${ENDPOINT}`,
    `https://a/v1/metrics by ${ENDPOINT}`,
  ],
  [
    { LAMBDA_OTLP_OTEL_TRACES_EXPORTER: 'none', [ENDPOINT]: 'https://a' },
    'nowhere by LAMBDA_OTLP_OTEL_TRACES_EXPORTER',
    `https://a/v1/metrics by ${ENDPOINT}`,
  ],
])('of %j the variable that decided is named', async (variables, traces, metrics) => {
  const configuration = readFunctionConfiguration(deployed(variables), 'orders.json');
  const { destinations } = await examine(configuration, { canSend: false });
  const said = destinations.map(({ url = 'nowhere', from }) => `${url} by ${from}`);
  expect(said.slice(0, 2)).toEqual([traces, metrics]);
});

test.each<readonly [Readonly<Record<string, string>>, RegExp]>([
  [{ LAMBDA_OTLP_RECEIVER: 'onn' }, /^LAMBDA_OTLP_RECEIVER: expected auto, on, off or a port/],
  [
    { LAMBDA_OTLP_RECEIVER: 'off', LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'sdk' },
    /^LAMBDA_OTLP_OTEL_TRACES_SAMPLER: expected the receiver on beside sdk/,
  ],
  [
    { LAMBDA_OTLP_RECEIVER: 'off', OTEL_TRACES_SAMPLER: 'sdk' },
    /^OTEL_TRACES_SAMPLER: expected the receiver on beside sdk/,
  ],
  [
    { LAMBDA_OTLP_RECEIVER: 'on', [OWN]: 'http://localhost:4318' },
    /^LAMBDA_OTLP_RECEIVER: .* which is the receiver itself; the receiver is off/,
  ],
  [
    { LAMBDA_OTLP_RECEIVER: 'off', AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' },
    /^AWS_LAMBDA_EXEC_WRAPPER: .* sends by itself/,
  ],
])('of %j the receiver’s warning is said', async (variables, expected) => {
  const text = deployed({ [OWN]: 'https://a', ...variables });
  const { findings } = await examine(readFunctionConfiguration(text, 'orders.json'), {
    canSend: false,
  });
  const warnings = findings.filter(({ level }) => level === 'warning');
  const [first] = warnings.map(({ about, text: said }) => `${about}: ${said}`);
  expect(first).toMatch(expected);
});

const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL';
test.each<readonly [Readonly<Record<string, string>>, string | undefined]>([
  [{ [OWN]: 'https://a', [PROTOCOL]: 'grpc', OTEL_TRACES_SAMPLER: 'sdk' }, undefined],
  [{ [ENDPOINT]: 'https://a', [PROTOCOL]: 'grpc' }, 'gRPC is not supported'],
  [
    { [OWN]: 'https://a', LAMBDA_OTLP_RECEIVER: 'off', [PROTOCOL]: 'grpc' },
    'gRPC is not supported',
  ],
  [{ [ENDPOINT]: 'https://a', [PROTOCOL]: 'http/protobuff' }, 'write http/protobuf or http/json'],
])('of the protocol in %j what to try is %j', async (variables, expected) => {
  const configuration = readFunctionConfiguration(deployed(variables), 'orders.json');
  const [first, ...others] = (await examine(configuration, { canSend: false })).findings;
  expect(others).toEqual([]);
  if (expected === undefined) expect(first).toBeUndefined();
  else expect(first).toMatchObject({ next: expect.stringContaining(expected) as string });
});

test('headers of an endpoint that the prefix of another hides are said to be left out', async () => {
  const variables = {
    [OWN]: 'https://a',
    [TRACES]: 'https://b/v1/traces',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k3y-0123456789',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'api-key=k3y-0123456789',
  };
  const configuration = readFunctionConfiguration(deployed(variables), 'orders.json');
  const { findings } = await examine(configuration, { canSend: false });
  const warnings = findings.filter(({ level }) => level === 'warning');
  const text = `applies to ${TRACES} and is not sent to ${OWN}`;
  expect(warnings).toMatchObject([
    { about: 'OTEL_EXPORTER_OTLP_HEADERS', text },
    { about: 'OTEL_EXPORTER_OTLP_LOGS_HEADERS', text },
  ]);
});

test.each<[Rest, RegExp]>([
  [{ Layers: [] }, /^fault Layers: expected a layer of lambda-otlp, found none/],
  [{ Runtime: 'nodejs16.x' }, /^fault Layers: lambda-otlp-node uses .* nodejs16.x is older/],
  [{ Runtime: 'python3.13' }, /^fault Layers: lambda-otlp-node uses .* python3.13 has none/],
  [
    { Runtime: 'python3.13', Layers: [X86_LAYER] },
    /^fault Layers: lambda-otlp-x86_64 does not run/,
  ],
  [{ Layers: [OWN_LAYER, COLLECTOR_LAYER] }, /^warning Layers: opentelemetry-collector contains/],
  [{ Timeout: 1 }, /^warning Timeout: 1 s/],
])('of a function with %j the fault is named first', async (rest, expected) => {
  const healthy = await listen(answering(200));
  expect((await diagnose(deployed({ [ENDPOINT]: healthy }, rest))).first).toMatch(expected);
});

const PARTIAL_SUCCESS = '\x0a\x09\x08\x01\x12\x05stale';
test.each([
  ['401', answering(401), /: 401: credentials are missing or wrong/],
  ['403', answering(403), /: 403: these credentials are not allowed/],
  ['404', answering(404), /: 404: there is no such path/],
  ['413', answering(413), /: 413: a request of a few hundred bytes/],
  [
    'a redirect',
    answering(302, { location: 'https://a.example.com/x' }),
    /redirects to https:\/\/a\.example\.com,/,
  ],
  [
    'a web page',
    answering(200, { 'content-type': 'text/html' }, '<html>'),
    /: answered with an HTML page/,
  ],
  [
    'a partial success',
    answering(200, {}, PARTIAL_SUCCESS),
    /partial success: the item was rejected \(stale\)/,
  ],
])(
  'an endpoint that answers with %s is the fault of all three signals',
  async (_, answer, expected) => {
    const { first } = await diagnose(deployed({ [ENDPOINT]: await listen(answer) }));
    expect(first).toMatch(/^fault traces, metrics, logs: /);
    expect(first).toMatch(expected);
  },
);

test('a port at which nothing listens is said to be one', async () => {
  const server = createTcpServer();
  const port = await listenTcp(server);
  await new Promise((resolve) => server.close(resolve));
  const { first } = await diagnose(deployed({ [ENDPOINT]: `http://127.0.0.1:${port}` }));
  expect(first).toMatch(/^fault traces, metrics, logs: TCP: nothing listens at http:\/\/127/);
});

test.each([
  ['asks for credentials', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', /\(407\)$/],
  ['lets nothing through', 'HTTP/1.1 403 Forbidden\r\n\r\n', /\(403\)$/],
  ['closes the connection', '', /the proxy for https:\/\/otlp\.example\.com/],
])(
  'a proxy that %s is the fault, and its password is not said',
  async (_, answer, expected) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(answer));
    });
    closing.push(() => server.close());
    const proxy = `http://user:s3cret@127.0.0.1:${await listenTcp(server)}`;
    const variables = { [ENDPOINT]: 'https://otlp.example.com', HTTPS_PROXY: proxy };
    const { first, examination } = await diagnose(JSON.stringify(variables));
    expect(first).toMatch(/^fault traces, metrics, logs: /);
    expect(first).toMatch(expected);
    expect(examination.findings[0]?.next).toContain('HTTPS_PROXY');
    expect(toText(examination)).not.toContain('s3cret');
  },
  60_000,
);

test('https at a plain port is said to be that', async () => {
  const url = (await listen(answering(200))).replace('http:', 'https:');
  expect((await diagnose(deployed({ [ENDPOINT]: url }))).first).toMatch(
    /TLS: .* does not speak TLS$/,
  );
});

test('a port that answers in HTTP/2 is taken for gRPC’s', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined).end(Buffer.from('000000040000000000', 'hex'));
  });
  closing.push(() => server.close());
  const { first } = await diagnose(
    deployed({ [ENDPOINT]: `http://127.0.0.1:${await listenTcp(server)}` }),
  );
  expect(first).toMatch(/^fault traces, metrics, logs: HTTP: .*gRPC port/);
});

test('a configuration that was cut down by --query is one, not a list of variables', () => {
  const whole = JSON.parse(deployed({ [ENDPOINT]: 'https://x' })) as Record<string, unknown>;
  delete whole['FunctionName'];
  expect(readFunctionConfiguration(JSON.stringify(whole), 'orders.json')).toMatchObject({
    variables: { [ENDPOINT]: 'https://x' },
    deployment: { runtime: 'nodejs22.x', architecture: 'arm64', layers: [OWN_LAYER] },
  });
});

test.each([
  ['{', /expected JSON, got text that is not JSON/],
  ['', /expected JSON, got nothing; .*aws lambda get-function-configuration/],
  ['<html>api-key=s3cret</html>', /expected JSON, got XML or HTML/],
  ['export API_KEY=s3cret', /expected JSON, got lines of NAME=VALUE; write them as /],
  ['{"API_KEY": s3cret}', /expected JSON, got text that is not JSON/],
  ['[]', /expected a JSON object, got a list/],
  ['{"Functions":[{},{}]}', /expected one function, got a list of 2; .*--function-name NAME/],
  ['{"A":{"b":1}}', /expected variables with text values, got object for A/],
])('input that is no configuration (%s) is refused with what was expected', (text, expected) => {
  const read = () => readFunctionConfiguration(text, 'orders.json');
  expect(read).toThrow(expected);
  expect(read).not.toThrow(/s3cret/);
});

test('variables that Lambda may not decrypt are the first fault, and nothing is sent', async () => {
  const Environment = { Error: { ErrorCode: 'AccessDeniedException', Message: 'no kms:Decrypt' } };
  const Layers = [OWN_LAYER, SDK_LAYER];
  const whole = { ...(JSON.parse(deployed({}, { Layers })) as object), Environment };
  const { first, examination } = await diagnose(JSON.stringify(whole));
  expect(first).toBe(
    'fault Environment: Lambda did not return the variables (AccessDeniedException)',
  );
  expect(examination.destinations).toEqual([]);
  expect(toText(examination)).not.toContain('What is sent where');
  expect(examination.findings).toHaveLength(1);
  expect(examination.verdicts).toEqual({});
});

test('beside the layer of a Collector, localhost is its endpoint and is not asked from here', async () => {
  const Layers = [OWN_LAYER, COLLECTOR_LAYER];
  for (const variables of [{}, { [ENDPOINT]: 'http://localhost:4318' }]) {
    const { examination } = await diagnose(deployed(variables, { Layers }));
    expect(examination.findings.map(({ level }) => level)).toEqual(['warning']);
    expect(examination.verdicts.traces?.text).toMatch(
      /^not sent: .* opentelemetry-collector listens/,
    );
    expect(toText(examination)).not.toContain('arrived');
  }
});

test('localhost without the layer of a Collector is said to be the function’s own environment', async () => {
  const { examination } = await diagnose(deployed({ [ENDPOINT]: 'http://localhost:4318' }));
  const warned = examination.findings.filter(({ level }) => level === 'warning');
  expect(warned[0]?.text).toMatch(/^localhost is the function’s own environment/);
});

test.each([{}, { [ENDPOINT]: 'otlp.example.com' }])(
  'without an endpoint that can be used (%j) that is the one fault, and nothing is sent',
  async (variables) => {
    const { first, examination } = await diagnose(deployed(variables));
    expect(first).toMatch(/^fault OTEL_EXPORTER_OTLP_ENDPOINT: expected /);
    expect(examination.findings).toHaveLength(1);
    const notSent = { level: 'elsewhere', text: 'not sent: it has no usable endpoint' };
    expect(examination.verdicts).toEqual({ traces: notSent, metrics: notSent, logs: notSent });
  },
);

test('a signal with an endpoint is sent where others have none', async () => {
  const receiver = await startOtlpReceiver();
  closing.push(() => receiver.close());
  const { first, examination } = await diagnose(
    deployed({ [TRACES]: `${receiver.url}/v1/traces` }),
  );
  expect(first).toMatch(/^fault OTEL_EXPORTER_OTLP_ENDPOINT: .* for metrics, logs/);
  expect(examination.findings).toHaveLength(1);
  const { traces, metrics, logs } = examination.verdicts;
  expect(traces?.level).toBe('arrived');
  expect([metrics?.text, logs?.text]).toEqual([
    'not sent: it has no usable endpoint',
    'not sent: it has no usable endpoint',
  ]);
});

test.each([
  '"api-key=k3y-0123456789"',
  "'authorization=Bearer%20k3y-0123456789'",
  'api-key="k3y-0123456789"',
])('headers in quotation marks (%s), which are taken off, are one warning', async (value) => {
  const receiver = await startOtlpReceiver();
  closing.push(() => receiver.close());
  const name = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS';
  const { examination } = await diagnose(deployed({ [ENDPOINT]: receiver.url, [name]: value }));
  const problems = examination.findings.filter(({ level }) => level !== 'note');
  expect(problems).toMatchObject([
    { level: 'warning', about: name, next: 'leave the quotation marks out' },
  ]);
  expect(examination.verdicts.traces?.level).toBe('arrived');
});

test('a section of README that is named is there', () => {
  const root = join(__dirname, '../..');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const said = readFileSync(join(root, 'cli/doctor/check-deployment.ts'), 'utf8');
  const sections = [...said.matchAll(/\(README, "([^"]+)"\)/g)].map(([, section]) => section);
  expect(sections).not.toEqual([]);
  for (const section of sections) expect(readme).toMatch(new RegExp(`^#+ ${section}$`, 'm'));
});

test('401 without any header says that none is set', async () => {
  const url = await listen(answering(401));
  const { examination } = await diagnose(deployed({ [ENDPOINT]: url }));
  expect(examination.findings[0]?.next).toMatch(/^no header is set: LAMBDA_OTLP_OTEL_/);
});

test('a variable is named as it is set, with what to try', async () => {
  const variables = { LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS: 'api-key s3cret' };
  const { examination } = await diagnose(
    deployed({ [ENDPOINT]: 'https://x.invalid', ...variables }),
  );
  expect(examination.findings[0]).toMatchObject({
    level: 'fault',
    about: 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_HEADERS',
    next: expect.stringContaining('name=value') as string,
  });
  expect(toText(examination)).not.toContain('s3cret');
});
