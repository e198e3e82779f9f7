import {
  expectsGrpc,
  readReceiverSettings,
  withoutSdkProtocols,
  withoutSdkSampler,
} from '../../src/extension/receiver-settings';

const SDK = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const OWN = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT';
const OWN_LOGS = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
const RECEIVER = 'LAMBDA_OTLP_RECEIVER';
const away = 'https://x.example';

type Variables = Readonly<Record<string, string>>;
const read = (variables: Variables, hasCollector = false) =>
  readReceiverSettings(variables, hasCollector);

it.each<[string, Variables]>([
  ['ours alone', { [OWN]: away }],
  ['ours of one signal and ours in general', { [OWN]: away, [OWN_LOGS]: away }],
  ["ours, and the SDK's here", { [OWN]: away, [SDK]: 'http://localhost:4318' }],
  ["ours, and the SDK's here by address", { [OWN]: away, [SDK]: 'http://127.0.0.1:4318/' }],
  ["ours, and the SDK's here by gRPC", { [OWN]: away, [SDK]: 'http://localhost:4317' }],
  ["ours, and the SDK's here without a scheme", { [OWN]: away, [SDK]: 'localhost:4317' }],
  ['a Collector of our own further away', { [OWN]: 'http://localhost:14318' }],
])('the receiver is on at both ports with %s', (_, variables) => {
  expect(read(variables)).toEqual({ ports: [4318, 4317], warnings: [], notes: [] });
});

it.each<[string, Variables]>([
  ['nothing set', {}],
  ["the SDK's here alone", { [SDK]: 'http://localhost:4318' }],
  ['ours here', { [OWN]: 'http://localhost:4318' }],
  ['ours of one signal here', { [OWN]: away, [OWN_LOGS]: 'http://127.1:4318/v1/logs' }],
  ['ours of one signal alone, which leaves the others here', { [OWN_LOGS]: away }],
  ['blank values', { [OWN]: ' ' }],
  ['off', { [OWN]: away, [RECEIVER]: 'off' }],
])('the receiver is off without a word with %s', (_, variables) => {
  expect(read(variables)).toEqual({ ports: [], warnings: [], notes: [] });
});

it.each<[string, Variables, boolean, string]>([
  ["the SDK's away", { [SDK]: away }, false, ` ${SDK} itself`],
  ['both away', { [SDK]: away, [OWN]: away }, false, ` ${SDK} itself`],
  [
    'one signal of the SDK away',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: away, [OWN]: away },
    false,
    ' OTEL_EXPORTER_OTLP_TRACES_ENDPOINT itself',
  ],
  ['a Collector in sight', { [OWN]: away }, true, 'a Collector layer is attached'],
])('the receiver is off with a note with %s', (_, variables, hasCollector, words) => {
  const { ports, warnings, notes } = read(variables, hasCollector);
  expect([ports, warnings]).toEqual([[], []]);
  expect(notes).toEqual([expect.stringContaining(words)]);
});

it.each([['off'], ['auto']])(
  'the sampler sdk means always_on where the receiver is off: %s',
  (choice) => {
    const variables = { [RECEIVER]: choice, LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'SDK' };
    expect(read(variables).warnings).toEqual([
      'LAMBDA_OTLP_OTEL_TRACES_SAMPLER: expected the receiver on beside sdk, got it off; using always_on',
    ]);
    expect(withoutSdkSampler(variables)).toMatchObject({
      LAMBDA_OTLP_OTEL_TRACES_SAMPLER: 'always_on',
    });
    expect(withoutSdkSampler({ OTEL_TRACES_SAMPLER: 'always_off' })).toEqual({
      OTEL_TRACES_SAMPLER: 'always_off',
    });
    expect(read({ ...variables, [OWN]: away, [RECEIVER]: 'on' }).warnings).toEqual([]);
  },
);

it('the receiver obeys on and a port, whatever else is in sight', () => {
  expect(read({ [OWN]: away, [RECEIVER]: 'ON' }, true).ports).toEqual([4318, 4317]);
  expect(read({ [OWN]: away, [RECEIVER]: '14318' }, true).ports).toEqual([14318]);
  expect(read({ [SDK]: away, [RECEIVER]: 'on' }).ports).toEqual([4318, 4317]);
});

it.each<[string, Variables]>([
  ['localhost', { [OWN]: 'http://localhost:4318', [RECEIVER]: 'on' }],
  ['localhost.', { [OWN]: 'http://LOCALHOST.:4318/x', [RECEIVER]: 'on' }],
  ['127.1', { [OWN]: 'http://127.1:4317', [RECEIVER]: 'on' }],
  ['localhost.localdomain', { [OWN]: 'http://localhost.localdomain:4318', [RECEIVER]: 'on' }],
  ['localhost6', { [OWN]: 'http://localhost6:4318', [RECEIVER]: 'on' }],
  ['ip6-loopback', { [OWN]: 'http://ip6-loopback:4318', [RECEIVER]: 'on' }],
  ['::1', { [OWN]: 'http://[::1]:4318', [RECEIVER]: 'on' }],
  ['an IPv4 address in IPv6', { [OWN]: 'http://[::ffff:127.0.0.1]:4318', [RECEIVER]: 'on' }],
  ['0.0.0.0', { [OWN]: 'http://0.0.0.0:9999', [RECEIVER]: '9999' }],
  ['the port', { [OWN]: 'http://127.0.0.1:9999', [RECEIVER]: '9999' }],
  ['one signal', { [OWN]: away, [OWN_LOGS]: 'http://127.0.0.1:9999', [RECEIVER]: '9999' }],
  ['no prefix', { [SDK]: 'http://127.0.0.1:4318', [RECEIVER]: 'on' }],
  ['nothing, which means localhost', { [RECEIVER]: 'on' }],
])('the receiver is off with one warning where our endpoint is itself, by %s', (_, variables) => {
  const { ports, warnings } = read(variables);
  expect(ports).toEqual([]);
  expect(warnings).toHaveLength(1);
});

it.each(['yes', '0', '65536', '-1', '43.18'])(
  'LAMBDA_OTLP_RECEIVER=%p counts as auto, with one warning',
  (value) => {
    const { ports, warnings } = read({ [OWN]: away, [RECEIVER]: value });
    expect(ports).toEqual([4318, 4317]);
    expect(warnings).toEqual([expect.stringContaining(`got '${value}'`)]);
  },
);

it('a note says that a configuration file hides the variables from the SDK', () => {
  expect(read({ [OWN]: away, OTEL_CONFIG_FILE: '/var/task/otel.yaml' }).notes).toHaveLength(1);
});

const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL';

it.each<[string, boolean, Variables]>([
  ['the protocol', true, { [PROTOCOL]: 'grpc' }],
  ['the protocol of a signal', true, { OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: ' GRPC ' }],
  ['the port', true, { [SDK]: 'http://localhost:4317' }],
  ['the port of HTTP', false, { [SDK]: 'http://localhost:4318' }],
  ['another protocol', false, { [PROTOCOL]: 'http/json' }],
  ['our protocol', false, { [`LAMBDA_OTLP_${PROTOCOL}`]: 'grpc' }],
])('%s says whether the SDK will speak gRPC: %s', (_, expected, variables) => {
  expect(expectsGrpc(variables)).toBe(expected);
});

it("the SDK's gRPC is not ours, other protocols are", () => {
  const ours = {
    [`LAMBDA_OTLP_${PROTOCOL}`]: 'grpc',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
  };
  expect(withoutSdkProtocols({ ...ours, [PROTOCOL]: 'grpc' })).toEqual(ours);
});
