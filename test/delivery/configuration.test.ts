// Every export variable: what it does, what an invalid value falls back to, and that no warning
// shows a credential.
import { createEnvironment } from '../../src/environment';
import type { ExportConfiguration } from '../../src/delivery/settings/configuration';
import { readExportConfiguration } from '../../src/delivery/settings/configuration';

function read(variables: Record<string, string>): {
  configuration: ExportConfiguration;
  warnings: string[];
} {
  const warnings: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const environment = createEnvironment(variables, {
    error: note,
    warn: note,
    info: note,
    debug: note,
  });
  return { configuration: readExportConfiguration(environment), warnings };
}

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('what is likely to be a mistake', () => {
  it.each([
    ['"api-key=abc,b=c"', { 'api-key': 'abc', b: 'c' }],
    ["'api-key=abc'", { 'api-key': 'abc' }],
    ['api-key="abc",b=\'c\'', { 'api-key': 'abc', b: 'c' }],
  ])('quotes in %s are taken off, with one warning that shows no value', (value, expected) => {
    const { configuration, warnings } = read({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: value });
    expect(configuration.signals.traces?.headers).toEqual(expected);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('quotes');
    expect(warnings[0]).not.toContain('abc');
  });

  it.each(['a="b', 'a=b"c"', "a=it's"])('quotes in %s belong to the value', (value) => {
    const { configuration, warnings } = read({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: value });
    expect(configuration.signals.traces?.headers).toEqual({ a: value.slice(2) });
    expect(warnings).toEqual([]);
  });

  it('a timeout below 100 ms is taken, with one hint at the unit', () => {
    const { configuration, warnings } = read({ ...endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '10' });
    expect(configuration.signals.traces?.timeoutMs).toBe(10);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('milliseconds');
  });

  it('an Authorization of the user is not replaced by a signature', () => {
    const { configuration } = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://logs.eu-west-1.amazonaws.com',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'Authorization=Bearer token',
    });
    expect(configuration.signals.logs?.signing).toBeUndefined();
    expect(configuration.signals.traces?.signing).toBeDefined();
  });

  it.each([
    ['https://user:a/pass@host', 'https://…'],
    ['host/otlp/TOKEN', 'a value that is not shown'],
    ['ftp://host/TOKEN', 'ftp://…'],
    ['//host?TOKEN', 'a value that is not shown'],
    ['collector:4318', 'collector:4318'],
  ])('the endpoint %s is shown as %s', (value, shown) => {
    const { warnings } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: value });
    expect(warnings.join()).toContain(`got '${shown}'`);
    expect(warnings.join()).not.toMatch(/TOKEN|pass/);
  });
});

it.each([
  ['http://c:4318', 'http://c:4318/v1/traces'],
  ['http://c:4318/', 'http://c:4318/v1/traces'],
  ['https://c/otlp', 'https://c/otlp/v1/traces'],
  ['https://c/otlp/', 'https://c/otlp/v1/traces'],
  ['https://c/otlp?tenant=a', 'https://c/otlp/v1/traces?tenant=a'],
  ['http://[::1]:4318', 'http://[::1]:4318/v1/traces'],
])('the general endpoint %s becomes %s', (value, expected) => {
  const { configuration, warnings } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: value });
  expect(configuration.signals.traces?.url).toBe(expected);
  expect(warnings).toEqual([]);
});

it.each([
  ['https://c/custom', 'https://c/custom'],
  ['https://c', 'https://c/'],
  ['https://c/a/?b=c', 'https://c/a/?b=c'],
])('the endpoint of one signal, %s, is used as it is', (value, expected) => {
  const { configuration } = read({ ...endpoint, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: value });
  expect(configuration.signals.logs?.url).toBe(expected);
  expect(configuration.signals.traces?.url).toBe('http://collector:4318/v1/traces');
});

it('the path of a signal in the general endpoint is not there twice, with one warning', () => {
  const value = 'https://user:secret@c/otlp/v1/traces?key=secret';
  const { configuration, warnings } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: value });
  expect(configuration.signals.traces?.url).toBe('https://c/otlp/v1/traces?key=secret');
  expect(configuration.signals.logs?.url).toBe('https://c/otlp/v1/logs?key=secret');
  expect(warnings).toEqual([
    expect.stringMatching(/without the path of a signal.*https:\/\/c\/….*https:\/\/c\/…/),
  ]);
  expect(warnings[0]).not.toContain('secret');
});

it('LAMBDA_OTLP_OTEL_… is for the extension alone', () => {
  const { configuration } = read({
    ...endpoint,
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'http://own:1',
  });
  expect(configuration.signals.metrics?.url).toBe('http://own:1/v1/metrics');
});

it('LAMBDA_OTLP_OTEL_… hides those of each signal without the prefix, which are the SDK’s', () => {
  const { configuration } = read({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318/v1/traces',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'http://own:1',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://own:2/l',
  });
  const { traces, logs } = configuration.signals;
  expect([traces?.url, logs?.url]).toEqual(['http://own:1/v1/traces', 'http://own:2/l']);
});

it.each([
  ['of another endpoint are not sent to ours', 'https://theirs', undefined],
  ['of the SDK that sends to us are ours, too', 'http://localhost:4318', 'k'],
  ['of the same endpoint are ours, too', 'http://OWN:1/', 'k'],
  ['of the SDK that hands over by gRPC are ours, too', 'localhost:4317', 'k'],
  ['of the SDK that sends to any address are ours, too', 'http://0.0.0.0:4318', 'k'],
  ['without an endpoint are ours, too', '', 'k'],
])('headers without the prefix %s', (_, theirs, expected) => {
  const { configuration } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: theirs,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'http://own:1',
  });
  expect(configuration.signals.traces?.headers['api-key']).toBe(expected);
});

it('headers without the prefix are not sent where only one of our endpoints is the SDK’s', () => {
  const { configuration } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://b',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'https://b',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://a',
  });
  expect(configuration.signals.traces?.headers['api-key']).toBeUndefined();
});

it('no endpoint set is one warning that says where it goes now', () => {
  const { configuration, warnings } = read({});
  expect(configuration.signals.traces?.url).toBe('http://localhost:4318/v1/traces');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('http://localhost:4318');
});

it('an endpoint for each exported signal needs no general one', () => {
  const { warnings } = read({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a/1',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://a/2',
    OTEL_METRICS_EXPORTER: 'none',
  });
  expect(warnings).toEqual([]);
});

it.each(['collector:4318', 'ftp://c', 'grpc://c:4317', 'http://', 'nonsense', 'unix:/tmp/s'])(
  'the endpoint %s is rejected with its variable named, and the default used',
  (value) => {
    const { configuration, warnings } = read({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: value,
      ...endpoint,
    });
    expect(configuration.signals.traces?.url).toBe('http://collector:4318/v1/traces');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  },
);

it('endpoints with user and password become Basic credentials and never show', () => {
  const { configuration, warnings } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:p%40ss@c:4317/',
  });
  expect(configuration.signals.traces?.url).toBe('https://c:4317/v1/traces');
  const credentials = Buffer.from('user:p@ss').toString('base64');
  expect(configuration.signals.traces?.headers).toEqual({
    authorization: `Basic ${credentials}`,
  });
  expect(warnings).toHaveLength(1);
  expect(warnings.join()).not.toMatch(/p%40ss|p@ss/);
});

it('endpoints that are invalid and hold a password do not show it', () => {
  const { warnings } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'user:secret@host:4318?key=secret' });
  expect(warnings.join()).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
  expect(warnings.join()).not.toContain('secret');
});

it('endpoints on the gRPC port are warned about once', () => {
  const { warnings } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317' });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('4317');
});

it.each<[string, Record<string, string>]>([
  ['a=1,b=2', { a: '1', b: '2' }],
  [' A = 1 , B = two words ', { a: '1', b: 'two words' }],
  ['authorization=Bearer%20abc', { authorization: 'Bearer abc' }],
  ['Authorization=Basic dXNlcjpwYXNz==', { authorization: 'Basic dXNlcjpwYXNz==' }],
  ['key=50%', { key: '50%' }],
  ['a=1,,b=2,', { a: '1', b: '2' }],
  ['a=', { a: '' }],
  ['a=x;y=z', { a: 'x;y=z' }],
])('the headers %s are read', (value, expected) => {
  const { configuration, warnings } = read({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: value });
  expect(configuration.signals.traces?.headers).toEqual(expected);
  expect(warnings).toEqual([]);
});

it.each([
  '=secret',
  'secret',
  'content-length=secret',
  'a b=secret',
  'a=secret%0d%0ax:y',
  'host=secret',
])('the header %s is left out with a warning that does not show it', (pair) => {
  const value = `good=1,${pair}`;
  const { configuration, warnings } = read({
    ...endpoint,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_EXPORTER_OTLP_HEADERS: value,
  });
  expect(configuration.signals.logs?.headers).toEqual({ good: '1' });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('OTEL_EXPORTER_OTLP_HEADERS');
  expect(warnings[0]).not.toContain('secret');
});

it('headers of one signal override general ones name by name', () => {
  const { configuration } = read({
    ...endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=1',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'B=2',
  });
  expect(configuration.signals.logs?.headers).toEqual({ a: '1', b: '2' });
});

it('settings of a signal are taken before the general ones', () => {
  const { configuration, warnings } = read({
    ...endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '3000',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.pem',
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/c.pem',
    OTEL_EXPORTER_OTLP_CLIENT_KEY: '/k.pem',
  });
  const { traces, logs, metrics } = configuration.signals;
  expect([traces?.timeoutMs, logs?.timeoutMs]).toEqual([3_000, 2_000]);
  expect([traces?.compression, logs?.compression]).toEqual(['gzip', 'none']);
  expect([traces?.protocol, metrics?.protocol]).toEqual(['http/json', 'http/protobuf']);
  expect(traces?.tls).toEqual({
    certificateFile: '/ca.pem',
    clientCertificateFile: '/c.pem',
    clientKeyFile: '/k.pem',
  });
  expect(warnings).toEqual([]);
});

it.each([
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'abc'],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '0'],
  ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', '-1'],
  ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'brotli'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['LAMBDA_OTLP_BUFFER_BYTES', 'lots'],
  ['LAMBDA_OTLP_BUFFER_BYTES', '1'],
  ['OTEL_SDK_DISABLED', 'maybe'],
  ['LAMBDA_OTLP_SIGV4', 'maybe'],
])('%s=%s falls back with a warning that names it', (name, value) => {
  const { configuration, warnings } = read({ ...endpoint, [name]: value });
  expect(configuration.signals.traces).toMatchObject({
    exporter: 'otlp',
    timeoutMs: 10_000,
    compression: 'none',
    protocol: 'http/protobuf',
  });
  expect(configuration.bufferBytes).toBe(8 * 1024 * 1024);
  expect(warnings.every((line) => line.includes(name))).toBe(true);
  expect(warnings.length).toBeGreaterThan(0);
});

it('OTEL_SDK_DISABLED exports nothing', () => {
  expect(read({ OTEL_SDK_DISABLED: 'TRUE' }).configuration.signals).toEqual({});
});

it.each([
  ['none', undefined],
  ['console', 'console'],
  ['otlp,console', 'otlp'],
  ['OTLP', 'otlp'],
])('OTEL_LOGS_EXPORTER=%s is the exporter %s', (value, expected) => {
  const { configuration } = read({ ...endpoint, OTEL_LOGS_EXPORTER: value });
  expect(configuration.signals.logs?.exporter).toBe(expected);
});

it.each([
  ['https://xray.eu-west-1.amazonaws.com/v1/traces', { service: 'xray', region: 'eu-west-1' }],
  [
    'https://logs.us-gov-west-1.amazonaws.com/v1/logs',
    { service: 'logs', region: 'us-gov-west-1' },
  ],
  ['https://logs.cn-north-1.amazonaws.com.cn/v1/logs', { service: 'logs', region: 'cn-north-1' }],
  ['https://evil.example/?x=xray.eu-west-1.amazonaws.com', undefined],
  ['https://xray.eu-west-1.amazonaws.com.evil.example/', undefined],
])('a request to %s is signed for %j', (url, expected) => {
  const { configuration } = read({ ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url });
  expect(configuration.signals.traces?.signing).toEqual(expected);
  expect(configuration.aws === undefined).toBe(expected === undefined);
});

it('LAMBDA_OTLP_SIGV4 turns signing on for other endpoints, with the service of the signal', () => {
  const { configuration } = read({
    ...endpoint,
    LAMBDA_OTLP_SIGV4: 'true',
    AWS_REGION: 'eu-north-1',
  });
  expect(configuration.signals.metrics?.signing).toEqual({
    service: 'monitoring',
    region: 'eu-north-1',
  });
});

it.each([
  ['HTTPS_PROXY', 'https://c.example', '', 'http://proxy:3128'],
  ['https_proxy', 'https://c.example', '', 'http://proxy:3128'],
  ['HTTP_PROXY', 'http://c.example', '', 'http://proxy:3128'],
  ['HTTP_PROXY', 'https://c.example', '', undefined],
  ['HTTPS_PROXY', 'https://c.example', '*', undefined],
  ['HTTPS_PROXY', 'https://c.example', 'c.example', undefined],
  ['HTTPS_PROXY', 'https://a.c.example', 'other, .c.example', undefined],
  ['HTTPS_PROXY', 'https://a.c.example', 'c.example:443', undefined],
  ['HTTPS_PROXY', 'https://a.c.example', 'c.example:8443', 'http://proxy:3128'],
  ['HTTPS_PROXY', 'https://xc.example', 'c.example', 'http://proxy:3128'],
  ['HTTP_PROXY', 'http://10.1.2.3:4318', '10.0.0.0/8', undefined],
  ['HTTP_PROXY', 'http://11.1.2.3:4318', '10.0.0.0/8', 'http://proxy:3128'],
  ['HTTP_PROXY', 'http://[fd00::1]:4318', 'fd00::/8', undefined],
  ['HTTP_PROXY', 'http://localhost:4318', '', undefined],
  ['HTTP_PROXY', 'http://127.0.0.1:4318', '', undefined],
])('the proxy %s for %s with NO_PROXY=%s is %s', (name, url, noProxy, expected) => {
  const { configuration } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    [name]: 'http://proxy:3128',
    NO_PROXY: noProxy,
  });
  expect(configuration.signals.traces?.proxyUrl).toBe(expected);
});

it('proxies that are no URL are warned about without showing a password', () => {
  const { configuration, warnings } = read({
    ...endpoint,
    HTTP_PROXY: 'socks5://user:secret@proxy:1080',
  });
  expect(configuration.signals.traces?.proxyUrl).toBeUndefined();
  expect(warnings.join()).toContain('HTTP_PROXY');
  expect(warnings.join()).not.toContain('secret');
});
