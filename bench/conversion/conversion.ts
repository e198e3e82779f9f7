// Run as a process of its own, bundled as the layer is: what conversion and encoding of many log
// lines cost in CPU, beside JSON.parse of the same bytes, our encoder and the library's, each alone.
// argv: format, lines, rounds. Prints one JSON object: CPU milliseconds by kind of work, per round.
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { createEnvironment } from '../../src/environment';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import type { Diagnostics } from '../../src/diagnostics';
import { Buffer as DeliveryBuffer } from '../../src/delivery/queue/buffer';
import { protobufCodecs } from '../../src/delivery/codec/codec';
import { encodeLogRequest } from '../../src/delivery/codec/log-request';
import { RequestBuilder } from '../../src/delivery/codec/request-builder';
import { createTranslator } from '../../src/extension/create-translator';
import type { Translator } from '../../src/otel/translator';
import { decodeBatch } from '../../src/telemetry/decode';
import { fromEpochMs } from '../../src/telemetry/timestamp';
import { createBodies } from './lines';
import type { LineFormat } from './lines';

const silent: Diagnostics = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

function newTranslator(): Translator {
  const environment = createEnvironment({}, silent);
  const settings = readTranslationSettings(environment);
  return createTranslator({ environment, settings });
}

function newBuffer(): DeliveryBuffer {
  return new DeliveryBuffer({ capacityBytes: Infinity, maxItems: Infinity }, () => {
    throw new Error('expected no line to be dropped, one was');
  });
}

function translate(
  bodies: readonly Buffer[],
  take: (records: readonly ReadableLogRecord[]) => void,
) {
  const translator = newTranslator();
  for (const body of bodies) {
    const observed = fromEpochMs(Date.now());
    translator.accept(decodeBatch(body.toString('utf8'), observed), observed);
    take(translator.settle().logRecords);
  }
}

/** As the pipeline does it: each body is translated and buffered, each full request encoded. */
function convertAndEncode(bodies: readonly Buffer[]): number {
  const buffer = newBuffer();
  const builder = new RequestBuilder('logs', buffer, () => undefined);
  let lines = 0;
  const send = (): void => {
    for (;;) {
      const request = builder.build(protobufCodecs.logs);
      if (request === undefined) return;
      lines += request.batch.values.length;
      buffer.release('logs', request.batch);
    }
  };
  translate(bodies, (records) => {
    buffer.add('logs', records);
    send();
  });
  return lines;
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function main(): void {
  const [, , format, count, rounds] = process.argv;
  const bodies = createBodies(format as LineFormat, Number(count));
  const parse: number[] = [];
  const whole: number[] = [];
  const encoder: number[] = [];
  const serializer: number[] = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    whole.push(
      cpuMsOf(() => {
        const lines = convertAndEncode(bodies);
        if (lines < Number(count)) throw new Error(`expected ${count ?? ''} lines, got ${lines}`);
      }),
    );
    parse.push(
      cpuMsOf(() => {
        for (const body of bodies) JSON.parse(body.toString('utf8'));
      }),
    );
    const batches: (readonly ReadableLogRecord[])[] = [];
    translate(bodies, (records) => batches.push(records));
    encoder.push(
      cpuMsOf(() => {
        for (const batch of batches) encodeLogRequest(batch);
      }),
    );
    serializer.push(
      cpuMsOf(() => {
        for (const batch of batches) ProtobufLogsSerializer.serializeRequest([...batch]);
      }),
    );
  }
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  process.stdout.write(JSON.stringify({ bytes, parse, whole, encoder, serializer }));
}

main();
