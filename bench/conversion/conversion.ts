// Run as a process of its own, bundled as the layer is: what conversion and encoding of many log
// lines cost in CPU, without rules and with every rule of redaction and filters, beside JSON.parse of
// the same bytes, our encoder and the library's, each alone.
// argv: format, lines, rounds. Prints one JSON object: CPU milliseconds by kind of work, per round.
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { createEnvironment } from '../../src/environment';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import { SILENT } from '../../src/diagnostics';
import { ItemEncoder } from '../../src/delivery/codec/item-encoder';
import {
  protobufEncoding,
  RequestBuilder,
  RequestDraft,
} from '../../src/delivery/codec/request-builder';
import { ItemBuffer } from '../../src/delivery/queue/item-buffer';
import { createRedaction, createTranslator } from '../../src/extension/create-translator';
import type { Translator } from '../../src/otel/translator';
import { decodeBatch } from '../../src/telemetry/decode';
import { fromEpochMs } from '../../src/telemetry/timestamp';
import type { RawItem } from '../../src/relay/item';
import { EVERY_RULE } from './every-rule';
import type { Variables } from './every-rule';
import { createBodies } from './lines';
import type { LineFormat } from './lines';

const NO_RULES: Variables = {};
function newTranslator(variables: Variables): Translator {
  const environment = createEnvironment(variables, SILENT);
  const settings = readTranslationSettings(environment);
  return createTranslator({ environment, settings, redaction: createRedaction(environment) });
}

function fail(): never {
  throw new Error('expected every line to be encoded, one was not');
}

function newBuffer(): ItemBuffer {
  return new ItemBuffer({ capacityBytes: Infinity, maxItems: Infinity }, () => {
    throw new Error('expected no line to be dropped, one was');
  });
}

function translate(translator: Translator, body: Buffer): readonly ReadableLogRecord[] {
  const observed = fromEpochMs(Date.now());
  translator.accept(decodeBatch(body.toString('utf8'), observed), observed);
  return translator.settle().logRecords;
}

/** As the pipeline does it: each body is translated, encoded and buffered, and sent in requests. */
class Conversion {
  private readonly translator: Translator;
  private readonly buffer = newBuffer();
  private readonly builder = new RequestBuilder('logs', this.buffer);
  private readonly encoder = new ItemEncoder(fail);
  lines = 0;
  cpuMs = 0;

  constructor(variables: Variables) {
    this.translator = newTranslator(variables);
  }

  convert(body: Buffer): void {
    this.cpuMs += cpuMsOf(() => {
      this.buffer.add('logs', this.encoder.encodeLogRecords(translate(this.translator, body)));
      for (;;) {
        const request = this.builder.build(protobufEncoding);
        if (request === undefined) return;
        this.lines += request.items.length;
        this.buffer.release('logs', request.items);
      }
    });
  }
}

function encodeRequest(items: readonly RawItem[]): Uint8Array {
  const draft = new RequestDraft();
  for (const item of items) draft.add(item, Infinity);
  return draft.finish();
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
  const ruled: number[] = [];
  const encoder: number[] = [];
  const serializer: number[] = [];
  for (let round = 0; round < Number(rounds); round += 1) {
    const plain = new Conversion(NO_RULES);
    const filtered = new Conversion(EVERY_RULE);
    // Body by body in turns: a whole round of one after a whole round of the other differs by up to half of both,
    // by what else the machine does and by whose garbage is collected when.
    for (const [index, body] of bodies.entries()) {
      const isPlainFirst = (index + round) % 2 === 0;
      for (const each of isPlainFirst ? [plain, filtered] : [filtered, plain]) each.convert(body);
    }
    for (const { lines } of [plain, filtered]) {
      if (lines < Number(count)) throw new Error(`expected ${count ?? ''} lines, got ${lines}`);
    }
    whole.push(plain.cpuMs);
    ruled.push(filtered.cpuMs);
    parse.push(
      cpuMsOf(() => {
        for (const body of bodies) JSON.parse(body.toString('utf8'));
      }),
    );
    const translator = newTranslator(NO_RULES);
    const batches = bodies.map((body) => translate(translator, body));
    encoder.push(
      cpuMsOf(() => {
        const itemEncoder = new ItemEncoder(fail);
        for (const batch of batches) encodeRequest(itemEncoder.encodeLogRecords(batch));
      }),
    );
    serializer.push(
      cpuMsOf(() => {
        for (const batch of batches) ProtobufLogsSerializer.serializeRequest([...batch]);
      }),
    );
  }
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  process.stdout.write(JSON.stringify({ bytes, parse, whole, ruled, encoder, serializer }));
}

main();
