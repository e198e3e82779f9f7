// Which headers reach a function that names endpoints itself: ours go to our endpoint and to no other.
import { toMissing } from '../../cdk/environment';

const nameOf = (what: string): string => `LAMBDA_OTLP_OTEL_EXPORTER_OTLP_${what}`;
const rename = (variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [nameOf(name), value]));

const OURS = { ENDPOINT: 'https://ours', HEADERS: 'key=ours' };
const OTHER = 'https://other';

test.each([
  ['none', OURS, {}, OURS],
  ['the general one', OURS, { ENDPOINT: OTHER }, {}],
  [
    'that of traces',
    OURS,
    { TRACES_ENDPOINT: OTHER },
    { ENDPOINT: 'https://ours', METRICS_HEADERS: 'key=ours', LOGS_HEADERS: 'key=ours' },
  ],
  [
    'that of traces, and its metrics have headers',
    OURS,
    { TRACES_ENDPOINT: OTHER, METRICS_HEADERS: 'key=own' },
    { ENDPOINT: 'https://ours', LOGS_HEADERS: 'key=ours' },
  ],
  [
    'that of traces, and it has general headers',
    OURS,
    { TRACES_ENDPOINT: OTHER, HEADERS: 'key=own' },
    { ENDPOINT: 'https://ours' },
  ],
  [
    'those of all signals',
    OURS,
    { TRACES_ENDPOINT: OTHER, METRICS_ENDPOINT: OTHER, LOGS_ENDPOINT: OTHER },
    { ENDPOINT: 'https://ours' },
  ],
  [
    'that of traces, for which we have headers too',
    { ...OURS, TRACES_HEADERS: 'a=1', LOGS_HEADERS: 'b=2' },
    { TRACES_ENDPOINT: OTHER },
    { ENDPOINT: 'https://ours', METRICS_HEADERS: 'key=ours', LOGS_HEADERS: 'key=ours,b=2' },
  ],
  [
    'the general one, but traces go to an endpoint of ours',
    { ...OURS, TRACES_ENDPOINT: 'https://traces', LOGS_HEADERS: 'b=2' },
    { ENDPOINT: OTHER },
    { TRACES_ENDPOINT: 'https://traces', TRACES_HEADERS: 'key=ours' },
  ],
  [
    'that of traces, where there are no headers',
    { ENDPOINT: 'https://ours' },
    { TRACES_ENDPOINT: OTHER },
    { ENDPOINT: 'https://ours' },
  ],
])('a function whose own endpoint is %s gets what leads to ours', (_, ours, own, expected) => {
  expect(toMissing(rename(ours), rename(own))).toEqual(rename(expected));
});
