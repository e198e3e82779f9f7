// OTLP bytes to the OTLP/JSON shape, by the schema beside this file. Strict where a real back end is:
// truncated messages and invalid UTF-8 are refused whole; unknown fields are listed, not dropped.
import protobuf from 'protobufjs/light';
import type { Signal } from './signal';
import type { OtlpRequests } from './model';
import { OTLP_MESSAGES, REQUEST_MESSAGE } from './schema';
import { toOtlpShape } from './shape';

export type Decoded<S extends Signal = Signal> =
  | { readonly ok: true; readonly otlp: OtlpRequests[S]; readonly unknownFields: readonly string[] }
  | { readonly ok: false; readonly reason: string };

function createRoot(): protobuf.Root {
  const nested = Object.fromEntries(
    [...OTLP_MESSAGES].map(([message, specs]) => {
      const oneofs: Record<string, { oneof: string[] }> = {};
      for (const { name, presence } of specs)
        if (presence !== undefined) (oneofs[presence] ??= { oneof: [] }).oneof.push(name);
      const fields = Object.fromEntries(
        specs.map(({ name, number, type, repeated }) => [
          name,
          {
            // proto3 enums are open: an unknown value is a number like any other.
            type: type === 'enum' ? 'int32' : type,
            id: number,
            ...(repeated ? { rule: 'repeated' } : {}),
          },
        ]),
      );
      return [message, { fields, oneofs }];
    }),
  );
  // proto3 makes the decoder refuse strings that are not UTF-8, as Go's and Java's do.
  const descriptor: protobuf.INamespace & { edition: string } = { edition: 'proto3', nested };
  return protobuf.Root.fromJSON(descriptor);
}

const ROOT = createRoot();
// Compiled now: else the first export of a measured extension would wait for it.
for (const name of OTLP_MESSAGES.keys()) ROOT.lookupType(name).setup();

/** Encodes a message of the schema; for answers and tests. `value` is in protobufjs's own shape. */
export function encodeOtlpMessage(name: string, value: Record<string, unknown>): Buffer {
  return Buffer.from(ROOT.lookupType(name).encode(value).finish());
}

/** Decodes an `Export…ServiceRequest` in protobuf. */
export function tryDecodeOtlp<S extends Signal>(signal: S, bytes: Uint8Array): Decoded<S> {
  try {
    const reader = protobuf.Reader.create(bytes);
    reader.discardUnknown = false;
    const message = ROOT.lookupType(REQUEST_MESSAGE[signal]).decode(reader);
    return shaped(signal, message);
  } catch (error) {
    return { ok: false, reason: `not an OTLP ${signal} request in protobuf: ${String(error)}` };
  }
}

/** Decodes an `Export…ServiceRequest` in OTLP/JSON. */
export function tryDecodeOtlpJson<S extends Signal>(signal: S, bytes: Uint8Array): Decoded<S> {
  try {
    return shaped(signal, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    return { ok: false, reason: `not an OTLP ${signal} request in JSON: ${String(error)}` };
  }
}

function shaped<S extends Signal>(signal: S, message: unknown): Decoded<S> {
  const unknownFields: string[] = [];
  const otlp = toOtlpShape(message, { message: REQUEST_MESSAGE[signal], path: '', unknownFields });
  return { ok: true, otlp: otlp as unknown as OtlpRequests[S], unknownFields };
}

/** Like {@link tryDecodeOtlp}, for tests: throws when the bytes are no request of that signal. */
export function decodeOtlp<S extends Signal>(signal: S, bytes: Uint8Array): OtlpRequests[S] {
  const decoded = tryDecodeOtlp(signal, bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.otlp;
}
