// The built layer on demand where there is no Telemetry API (the subscription is answered with 202), as
// under AWS's emulator, SAM and containers run locally: the function must not notice the layer.
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { OtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import { describeUnderEmulator } from './emulator';
import { startEmulator } from './emulator-rig';
import { startLocalEnvironment } from './environment';
import type { Environment } from './environment';

const TIMEOUT_S = 2;

type StartEnvironment = (settings: Readonly<Record<string, string>>) => Promise<Environment>;

function defineOnDemand(start: StartEnvironment): void {
  let receiver: OtlpReceiver;
  let environment: Environment | undefined;

  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });

  afterEach(async () => {
    await environment?.remove();
    environment = undefined;
    await receiver.close();
  });

  test.each(['end', 'overlap', 'adaptive'])(
    'the function is served, also after a timeout, with one warning per process and LAMBDA_OTLP_FLUSH=%s',
    async (strategy) => {
      environment = await start({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        LAMBDA_OTLP_FLUSH: strategy,
      });
      // An extension that waited for telemetry here would run into the timeout.
      expect(await environment.invoke({ payload: { lines: ['hello'] } })).toBe('done');
      const timedOut = await environment.invoke({ payload: { sleepMs: TIMEOUT_S * 1000 + 3000 } });
      expect(timedOut).not.toBe('done');
      expect(await environment.invoke({ payload: {} })).toBe('done');
      await environment.end();
      const output = environment.output();
      expect(output.match(/Telemetry API: is not supported here/g)).toHaveLength(2);
      expect(output).not.toMatch(/"level":"error"/);
      expect(receiver.refused).toEqual([]);
    },
    60_000,
  );
}

describe('on demand without Telemetry API, under the local Lambda', () => {
  defineOnDemand((environment) =>
    startLocalEnvironment({ telemetry: 'unsupported', timeoutMs: TIMEOUT_S * 1000, environment }),
  );
});

describeUnderEmulator('on demand without Telemetry API', (emulator) => {
  defineOnDemand((settings) =>
    startEmulator({
      emulator,
      witness: false,
      environment: { AWS_LAMBDA_FUNCTION_TIMEOUT: String(TIMEOUT_S), ...settings },
    }),
  );
});
