// What the layer asks of AWS: secrets for headers, and signatures. The signatures are computed anew from what arrived.
import { expectedSignature } from '../delivery/expected-signature';
import type { ReceivedRequest, ScriptedEndpoint } from '../delivery/scripted-endpoint';
import { startEndpoint } from '../delivery/scripted-endpoint';
import { endRuns, startLayer } from './layer-run';

const credentials = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'a-session-token/with+characters==',
};
const ANSWERS: Readonly<Record<string, object>> = {
  'secretsmanager.GetSecretValue': { SecretString: '{"apiKey":"of the secret"}' },
  'AmazonSSM.GetParameter': { Parameter: { Value: 'of the parameter' } },
};

let endpoint: ScriptedEndpoint;
beforeEach(async () => (endpoint = await startEndpoint()));
afterEach(async () => {
  await endRuns();
  await endpoint.close();
});

function expectSigned(requests: readonly ReceivedRequest[], service: string): void {
  for (const request of requests) {
    const { authorization, ...headers } = request.headers;
    expect(authorization).toContain(`/eu-west-1/${service}/aws4_request`);
    const signature = expectedSignature(request, credentials.AWS_SECRET_ACCESS_KEY);
    expect(authorization).toContain(`Signature=${signature}`);
    expect(headers).toMatchObject({ 'x-amz-security-token': credentials.AWS_SESSION_TOKEN });
  }
}

test('headers hold what Secrets Manager and Parameter Store answered to signed requests', async () => {
  endpoint.behaviour = ({ headers }, response) =>
    void response.end(JSON.stringify(ANSWERS[String(headers['x-amz-target'])] ?? {}));
  const run = await startLayer({
    region: 'eu-west-1',
    settings: {
      ...credentials,
      AWS_ENDPOINT_URL: endpoint.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-a=${secretsmanager:name#apiKey},x-b=${ssm:/a/parameter}',
    },
  });
  expect(await run.lambda.invoke({ action: 'echo' })).toMatchObject({ status: 'success' });
  await run.lambda.shutdown();
  const sent = run.receiver.requests.map(({ headers }) => [headers['x-a'], headers['x-b']]);
  expect(sent.length).toBeGreaterThan(0);
  expect(new Set(sent.map(String))).toEqual(new Set(['of the secret,of the parameter']));
  expect(endpoint.requests).toHaveLength(2);
  const isParameter = ({ headers }: ReceivedRequest): boolean =>
    headers['x-amz-target'] === 'AmazonSSM.GetParameter';
  expectSigned(endpoint.requests.filter(isParameter), 'ssm');
  expectSigned(
    endpoint.requests.filter((request) => !isParameter(request)),
    'secretsmanager',
  );
  expect(run.output()).not.toContain('of the secret');
});

test('requests of every signal are signed, with the query of their endpoint', async () => {
  const run = await startLayer({
    region: 'eu-west-1',
    settings: {
      ...credentials,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.url,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint.url}/v1/traces?b=2&a=one%20two`,
      LAMBDA_OTLP_SIGV4: 'true',
      LAMBDA_OTLP_SIGV4_SERVICE: 'logs',
    },
  });
  await run.lambda.invoke({ action: 'log', lines: ['größer 😀'] });
  await run.lambda.shutdown();
  const paths = endpoint.requests.map(({ path }) => path);
  expect(new Set(paths)).toEqual(
    new Set(['/v1/traces?b=2&a=one%20two', '/v1/logs', '/v1/metrics']),
  );
  expectSigned(endpoint.requests, 'logs');
});
