// Names of the OTLP exporter variables: one for all signals, and one per signal that overrides it.
import type { Environment } from '../../environment';
import type { Signal } from '../delivery';

/** `OTEL_EXPORTER_OTLP_<SIGNAL>_<SETTING>` if it is set, else `OTEL_EXPORTER_OTLP_<SETTING>`. */
export function firstSet(environment: Environment, signal: Signal, setting: string): string {
  const own = perSignal(signal, setting);
  return environment.text(own) === undefined ? general(setting) : own;
}

export function general(setting: string): string {
  return `OTEL_EXPORTER_OTLP_${setting}`;
}

export function perSignal(signal: Signal, setting: string): string {
  return `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${setting}`;
}
