// Sample events by name, in the shapes of AWS's "Using Lambda with other services".
import apiGatewayV2 from './api-gateway-v2.json';
import dynamodb from './dynamodb.json';
import eventbridge from './eventbridge.json';
import s3 from './s3.json';
import sns from './sns.json';
import sqs from './sqs.json';

const SAMPLE_EVENTS = {
  'api-gateway-v2': apiGatewayV2,
  sqs,
  s3,
  eventbridge,
  sns,
  dynamodb,
} as const;

export type SampleEventName = keyof typeof SAMPLE_EVENTS;

export const SAMPLE_EVENT_NAMES = Object.keys(SAMPLE_EVENTS) as readonly SampleEventName[];

export function toSampleEventName(text: string): SampleEventName | undefined {
  return SAMPLE_EVENT_NAMES.find((name) => name === text.toLowerCase());
}

export function toSampleEvent(name: SampleEventName): unknown {
  return SAMPLE_EVENTS[name];
}
