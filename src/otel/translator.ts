// The whole core in one class, used by the extension and by `npm run replay`: takes bodies or events, gives spans, log
// records and measurements. Pure, apart from the ids and the hash that are passed in.
import type { Attributes, HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Fact } from '../invocation/fact';
import type { Handover } from '../invocation/handover';
import type { Sha256Hex } from '../invocation/identity';
import type { Invoke } from '../invocation/invocation';
import type { Ending } from '../invocation/invocation-facts';
import type { ReceivedSpans } from '../invocation/received-spans';
import { Tracker } from '../invocation/tracker';
import type { RawItem } from '../relay/item';
import type { DecodedBatch } from '../telemetry/decode';
import type { LogEvent, TelemetryEvent } from '../telemetry/event';
import { defined } from '../telemetry/fields';
import type { ReceivedSpan } from '../relay/received-span';
import { toMs } from '../telemetry/timestamp';
import { parseFunctionArn, toResourceAttributes } from './resource';
import type { FunctionDescription } from './resource';
import { SpanContexts, toLogRecord, TieBreaker } from './log-records';
import type { LogOrigin } from './log-records';
import { LeavingTraces } from './exemplars';
import { ErrorTypes, toMeasurements } from './metrics';
import type { Measurement } from './metrics';
import { LogEventReader } from './read-lines';
import type { ReadLine } from './read-lines';
import { Reception } from './reception';
import type { RedactionFilter } from './redaction-filter';
import type { RepeatedLines } from './repeated-lines';
import { Selection } from './selection';
import type { Maker } from './selection';
import { completeServed, toSpans } from './spans';
import type { SpanOrigin } from './spans';
import type { TranslationSettings } from './translation-settings';

export interface TranslatorOptions extends Omit<TranslationSettings, 'meter'> {
  /** What is known about the function before the first event. */
  readonly resource: Omit<FunctionDescription, 'environmentId' | 'instanceId' | 'functionArn'>;
  readonly initializationType?: string;
  /** Undefined if nothing is redacted; then no text is looked at. */
  readonly redaction?: RedactionFilter;
  readonly handover?: Handover;
  /** Spans of the function's SDK that are to be joined with ours (`LAMBDA_OTLP_JOIN=merge`). */
  readonly received?: ReceivedSpans;
  /** Present if log records are exported; sees the function's lines and the records of its SDK. */
  readonly repeated?: RepeatedLines;
  readonly sha256: Sha256Hex;
  /** Returns a new random UUID for the execution environment; called again after a SnapStart restore. */
  readonly createEnvironmentId: () => string;
}

export interface Translation {
  readonly spans: readonly ReadableSpan[];
  /** Spans of the function's SDK, joined with ours, and log records that had waited for a decision. */
  readonly received: readonly RawItem[];
  readonly receivedRecords: readonly RawItem[];
  readonly logRecords: readonly ReadableLogRecord[];
  readonly measurements: readonly Measurement[];
}

export type Resources = Readonly<Record<'traces' | 'metrics' | 'logs', Resource>>;

const SCOPE_NAME = 'lambda-otlp';
/** Used if there are no facts. */
const NO_MAKER: Maker = { toLogRecord: () => undefined, toSpans: () => [] };

export class Translator {
  readonly tracker: Tracker<ReadLine>;
  private readonly selection: Selection;
  private readonly filter: RedactionFilter | undefined;
  private readonly tieBreaker = new TieBreaker();
  private readonly lines: LogEventReader;
  private readonly errorTypes = new ErrorTypes();
  private readonly traces = new LeavingTraces();
  private readonly logScopes: LogOrigin['scopes'];
  readonly scope: InstrumentationScope;
  /** Takes what the function's SDK delivers. */
  readonly reception: Reception;
  private environmentId: string;
  private instanceId: string | undefined;
  private functionName: string | undefined;
  private functionArn: string | undefined;
  private currentResources: Resources | undefined;
  private latestObserved: HrTime = [0, 0];

  constructor(private readonly options: TranslatorOptions) {
    const { sha256, initializationType, spanAt, functionErrors, handover, resource } = options;
    const version = resource.distroVersion;
    const scopeOf = (name: string): InstrumentationScope => ({ name, version });
    this.environmentId = options.createEnvironmentId();
    this.functionName = resource.functionName;
    this.lines = new LogEventReader(options.logLimits);
    this.tracker = new Tracker(
      {
        sha256,
        spanAt,
        functionErrors,
        instanceId: resource.logStreamName ?? this.environmentId,
        ...defined({ initializationType, handover, received: options.received }),
      },
      (lines) => this.lines.joinTraces(lines),
    );
    this.selection = new Selection(options.selection);
    this.filter = options.redaction;
    const { intake } = this.selection;
    const { received, repeated } = options;
    this.reception = new Reception({ intake, filter: this.filter, received, repeated });
    this.scope = scopeOf(SCOPE_NAME);
    this.logScopes = {
      function: scopeOf(`${SCOPE_NAME}/function`),
      extension: scopeOf(`${SCOPE_NAME}/extension`),
      platform: scopeOf(`${SCOPE_NAME}/platform`),
    };
  }

  /** Takes an INVOKE of the Extensions API. */
  invoke(invoke: Invoke): void {
    this.functionArn ??= invoke.invokedFunctionArn;
    this.tracker.invoke(invoke);
  }

  /** Takes decoded events that were delivered at `observed`. */
  accept({ events }: Pick<DecodedBatch, 'events'>, observed: HrTime): void {
    this.latestObserved = observed;
    for (const event of events) {
      if (isLogEvent(event)) {
        const line = this.lines.read(event, observed);
        this.tracker.acceptLine(line);
      } else {
        this.learn(event);
        this.tracker.accept(event);
      }
    }
  }

  /** Notes what the resource and the invocation span's name are made of. */
  private learn(event: Exclude<TelemetryEvent, LogEvent>): void {
    if (event.type === 'platform.initStart' || event.type === 'platform.restoreStart') {
      this.instanceId ??= event.instanceId;
      this.functionName ??= event.functionName;
    }
    if (event.type === 'platform.restoreStart') {
      // Ids made before the snapshot would be the same in every environment restored from it.
      this.environmentId = this.options.createEnvironmentId();
      this.instanceId = event.instanceId ?? this.instanceId;
      this.currentResources = undefined;
    }
    if (event.type === 'platform.start') this.functionArn ??= event.functionArn;
  }

  /** Translates all that is complete. `ending`: the environment ends, so nothing is held back. */
  settle(ending?: Ending): Translation {
    const { tracker } = this;
    const facts = tracker.settle(ending);
    const isNews = facts.length > 0 || ending !== undefined;
    const selected = this.selection.select(facts, isNews ? this.createMaker() : NO_MAKER, {
      now: this.latestObserved,
      isEnding: ending !== undefined,
      ...tracker.surroundings,
      takeJoined: () => this.takeJoined(ending !== undefined),
    });
    const { spans, logRecords, receivedSpans: received, receivedRecords } = selected;
    const leaves = (fact: Fact<unknown>): boolean => this.selection.leaves(fact);
    this.traces.observe(facts, leaves);
    const measurements: Measurement[] = [];
    for (const fact of facts) {
      if (fact.kind === 'line') continue;
      const measured = toMeasurements(fact, this.errorTypes);
      const trace = measured.length === 0 ? undefined : this.traces.of(fact, facts, leaves);
      for (const one of measured) measurements.push(trace === undefined ? one : { trace, ...one });
    }
    measurements.push(...selected.measurements);
    return {
      spans,
      received,
      logRecords,
      receivedRecords,
      measurements: isNews ? this.redact(measurements) : measurements,
    };
  }

  private takeJoined(isEnding: boolean): readonly ReceivedSpan[] {
    const { received } = this.options;
    if (received === undefined) return [];
    return isEnding ? received.takeAll() : received.take(() => this.tracker.openRequests);
  }

  private redact(measurements: readonly Measurement[]): readonly Measurement[] {
    const { filter } = this;
    if (filter === undefined) return measurements;
    const redacted = measurements.map((measurement) => filter.measurement(measurement));
    return [...redacted, ...filter.takeCounts(this.latestObserved)];
  }

  private createMaker(): Maker {
    const { traces, logs } = this.resources;
    const { spanLimits, platformSeverity, resource } = this.options;
    const spanOrigin: SpanOrigin = {
      resource: traces,
      scope: this.scope,
      functionName: this.invocationName,
      limits: spanLimits,
      ...defined({ functionVersion: resource.functionVersion }),
    };
    const logOrigin: LogOrigin = {
      resource: logs,
      scopes: this.logScopes,
      platformSeverity,
      tieBreaker: this.tieBreaker,
      observed: this.latestObserved,
      limits: this.options.logLimits,
      contexts: new SpanContexts((identity) => this.selection.decisions.isSampled(identity)),
    };
    const { received } = this.options;
    const { filter } = this;
    const { repeated } = this.options;
    return {
      toLogRecord: (fact) => {
        const made = toLogRecord(fact, logOrigin);
        const record = made && filter ? filter.record(made) : made;
        if (record && fact.kind === 'line') repeated?.noteLine(record.body, toMs(record.hrTime));
        return record;
      },
      toSpans: (fact) => {
        const isServed =
          received !== undefined && completeServed(fact, spanOrigin, { received, filter });
        if (isServed) return [];
        const spans = toSpans(fact, spanOrigin);
        return filter ? spans.map((span) => filter.span(span)) : spans;
      },
    };
  }

  private get invocationName(): string {
    return this.functionName ?? parseFunctionArn(this.functionArn)?.name ?? 'lambda';
  }

  /** Created when first needed, so that they include initStart's instanceId; the same objects from then on. */
  get resources(): Resources {
    this.currentResources ??= {
      traces: this.createResource('traces'),
      metrics: this.createResource('metrics'),
      logs: this.createResource('logs'),
    };
    return this.currentResources;
  }

  /** The resource as known so far, which may still change. */
  describe(signal: keyof Resources): Resource {
    return this.currentResources?.[signal] ?? this.createResource(signal);
  }

  /** The environment's UUID; it changes after a SnapStart restore. */
  get environment(): string {
    return this.environmentId;
  }

  private createResource(signal: keyof Resources): Resource {
    const { functionName, instanceId, functionArn, environmentId } = this;
    const attributes: Attributes = toResourceAttributes(
      {
        ...this.options.resource,
        environmentId,
        ...defined({ functionName, instanceId, functionArn }),
      },
      signal,
    );
    return resourceFromAttributes(this.filter?.attributes(attributes, signal) ?? attributes);
  }
}

function isLogEvent(event: TelemetryEvent): event is LogEvent {
  return event.type === 'function' || event.type === 'extension';
}
