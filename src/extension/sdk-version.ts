// `telemetry.sdk.version`: the version of the OpenTelemetry SDK packages that this build holds. A test
// compares it with the installed package.
export const SDK_VERSION = '2.12.0';
