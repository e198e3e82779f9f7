// What a program that tests an extension uses; `local-lambda` is the command beside it.
export { startLocalLambda } from './lambda/local-lambda';
export type { LocalExtension, LocalLambda } from './lambda/local-lambda';
export type { LifecycleEntry, LocalLambdaOptions } from './lambda/local-lambda-options';
export type { Invocation, InvokeOptions } from './lambda/invocation';
export type { TelemetryEvent } from './lambda/telemetry-event';
export { startOtlpReceiver } from './otlp/otlp-receiver';
export type { OtlpReceiver, OtlpReceiverOptions } from './otlp/otlp-receiver';
export { startTelemetryPage } from './page/telemetry-page';
export type { TelemetryPage } from './page/telemetry-page';
