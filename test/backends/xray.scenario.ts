// Traces in X-Ray by the Collector's exporter, against moto's X-Ray API: the segment has X-Ray's own trace id.
import type { Collector } from './install/collector';
import { startCollector } from './install/collector';
import { eventually, getJson } from './install/http-query';
import type { Moto } from './install/moto';
import { startMoto } from './install/moto';
import { report } from './report';
import { runFunction, traceIdOf, uniqueFunctionName } from './run-function';
import { createServers } from './servers';

const servers = createServers();
let moto: Moto;
let collector: Collector;

beforeAll(async () => {
  moto = servers.add(await startMoto());
  collector = servers.add(
    await startCollector({
      config: 'xray/collector.yaml',
      env: {
        XRAY_ENDPOINT: moto.url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    }),
  );
}, 900_000);

afterAll(() => servers.stopAll());

interface Segment {
  readonly name: string;
  readonly trace_id: string;
  readonly error?: boolean;
  readonly fault?: boolean;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

interface Traces {
  readonly Traces: readonly { readonly Segments: readonly { readonly Document: string }[] }[];
}

it(
  'a cold start and a timeout are segments with the X-Ray id of their header',
  servers.explained(async () => {
    const name = uniqueFunctionName('traced');
    const run = await runFunction({
      functionName: name,
      payloads: [{ mode: 'ok' }, { mode: 'hang' }],
      environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.otlpUrl}/v1/traces` },
    });
    const segments = await Promise.all(
      run.invocations.map(async (invocation) => {
        const id = traceIdOf(invocation);
        const xrayId = `1-${id.slice(0, 8)}-${id.slice(8)}`;
        return eventually(
          () => getTrace(xrayId),
          (answer) => (answer as readonly Segment[]).find((segment) => segment.name === name),
        );
      }),
    );
    report('X-Ray: segments', 'aws xray batch-get-traces --trace-ids …', segments);
    expect(segments[0]?.annotations).toMatchObject({ 'faas.coldstart': true });
    expect(segments[0]?.fault ?? false).toBe(false);
    expect(segments[1]?.fault ?? segments[1]?.error).toBe(true);
    expect(segments[1]?.annotations).toMatchObject({ 'error.type': 'timeout' });
  }),
);

async function getTrace(id: string): Promise<readonly Segment[]> {
  const answer = (await getJson(`${moto.url}/Traces`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/xray/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({ TraceIds: [id] }),
  })) as Traces;
  return answer.Traces.flatMap(({ Segments }) => Segments).map(
    ({ Document }) => JSON.parse(Document) as Segment,
  );
}
