import { createEnvironment } from '../../src/environment';
import { readExtensionSettings } from '../../src/extension/settings';
import { recordDiagnostics } from './recorded-diagnostics';

test.each([
  ['on demand, where the end of an invocation is waited for', false, undefined, 25],
  ['on Managed Instances, where nobody waits and a window is lost', true, undefined, 1000],
  ['where the user says so', true, '100', 100],
])('the batch window %s', (_, isManagedInstance, window, timeoutMs) => {
  const variables = { LAMBDA_OTLP_TELEMETRY_TIMEOUT_MS: window };
  const environment = createEnvironment(variables, recordDiagnostics());
  expect(readExtensionSettings(environment, isManagedInstance).buffering.timeoutMs).toBe(timeoutMs);
});
