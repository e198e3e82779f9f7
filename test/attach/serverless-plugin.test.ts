// The plugin against a stand-in for the framework; `npm run validate:templates` runs it in osls itself.
import LambdaOtlpPlugin from '../../attach/serverless/plugin';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:layer:lambda-otlp-node:1';

function attach(
  functions: Record<string, Record<string, unknown>>,
  options: { readonly headers?: Readonly<Record<string, string>> } = {},
) {
  const warnings: string[] = [];
  const service = {
    provider: { runtime: 'nodejs22.x' },
    custom: { lambdaOtlp: { ...options, endpoint: 'https://x', layerVersionArns: { node: ARN } } },
    functions,
  };
  const configSchemaHandler = {
    defineCustomProperties: () => undefined,
    defineFunctionProperties: () => undefined,
  };
  const plugin = new LambdaOtlpPlugin(
    { serviceDir: '.', service, configSchemaHandler, classes: { Error } },
    {},
    { log: { warning: (text) => warnings.push(text) } },
  );
  plugin.hooks['initialize']?.();
  const attached = Object.entries(functions).filter(([, it]) => it['layers'] !== undefined);
  return { attached: attached.map(([name]) => name), warnings };
}

test('a Lambda@Edge function takes no layer and is named in a warning', () => {
  const { attached, warnings } = attach({
    edge: { handler: 'a.b', events: [{ cloudFront: { eventType: 'viewer-request' } }] },
    plain: { handler: 'a.b', events: ['alexaSkill', { httpApi: '*' }] },
  });
  expect(attached).toEqual(['plain']);
  expect(warnings).toEqual([expect.stringContaining('not attached to edge: Lambda@Edge')]);
});

test('a function with an endpoint of its own for one signal gets our headers for the two others', () => {
  const own = 'LAMBDA_OTLP_OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
  const orders = { handler: 'a.b', environment: { [own]: 'https://y' } };
  attach({ orders }, { headers: { key: 'ours' } });
  expect(orders.environment).toEqual({
    [own]: 'https://y',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT: 'https://x',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'key=ours',
    LAMBDA_OTLP_OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'key=ours',
  });
});

test('the tag lambda-otlp = off leaves a function alone, in any case of letters', () => {
  const { attached, warnings } = attach({
    silent: { handler: 'a.b', tags: { 'lambda-otlp': 'OFF' } },
    plain: { handler: 'a.b', tags: { 'lambda-otlp': 'on' } },
  });
  expect(attached).toEqual(['plain']);
  expect(warnings).toEqual([]);
});

test('a function that has a layer of ours by hand keeps it and gets the variables', () => {
  const orders = { handler: 'a.b', layers: [ARN.replace(/1$/, '7')] };
  const same = { handler: 'a.b', layers: [ARN] };
  attach({ orders, same });
  expect(orders.layers).toEqual([ARN.replace(/1$/, '7')]);
  expect(same.layers).toEqual([ARN]);
  expect(orders).toHaveProperty('environment.LAMBDA_OTLP_OTEL_EXPORTER_OTLP_ENDPOINT');
});
