// An OTLP endpoint at one address whose health a test decides: scripted answers, gone altogether, or its
// idle connections closed. Keeps every request over all that.
import type { ReceivedRequest } from 'local-lambda/otlp/arrivals';
import type { OtlpReceiver, OtlpReceiverOptions } from 'local-lambda/otlp/otlp-receiver';
import { startOtlpReceiver } from 'local-lambda/otlp/otlp-receiver';
import type { Fault } from './fault';

export interface FaultyEndpoint {
  readonly url: string;
  /** Every request that was read, whatever its outcome. */
  readonly requests: readonly ReceivedRequest[];
  /** What was no OTLP. */
  readonly refusals: readonly string[];
  begin(fault: Fault): Promise<void>;
  /** The endpoint is well again. */
  heal(): Promise<void>;
  respondWith(respond: OtlpReceiverOptions['respond']): void;
  /** Ends every connection; the endpoint listens on. */
  closeConnections(): Promise<void>;
  stopListening(): Promise<void>;
  close(): Promise<void>;
}

/** Below the ports that systems give out by themselves, so that nobody takes it while the endpoint is gone. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const ATTEMPTS = 50;

/** A connection is not idle while a request on it waits to be read. The environment is frozen meanwhile. */
async function readWhatArrived(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

async function startAnywhere(): Promise<OtlpReceiver> {
  for (let attempt = 0; ; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    try {
      return await startOtlpReceiver({ port });
    } catch (error) {
      if (attempt >= ATTEMPTS) throw error;
    }
  }
}

export async function startFaultyEndpoint(): Promise<FaultyEndpoint> {
  const generations: OtlpReceiver[] = [await startAnywhere()];
  const [first] = generations;
  if (first === undefined) throw new Error('the endpoint did not start');
  const { url, port } = first;
  let respond: OtlpReceiverOptions['respond'];
  let isListening = true;

  const listen = async (): Promise<void> => {
    if (!isListening) generations.push(await startOtlpReceiver({ port }));
    isListening = true;
    generations.at(-1)?.respondWith(respond);
  };
  const stopListening = async (): Promise<void> => {
    isListening = false;
    await readWhatArrived();
    await generations.at(-1)?.close();
  };
  const respondWith = (script: OtlpReceiverOptions['respond']): void => {
    respond = script;
    generations.at(-1)?.respondWith(script);
  };

  return {
    url,
    get requests() {
      return generations.flatMap(({ requests }) => requests);
    },
    get refusals() {
      return generations.flatMap(({ refused }) =>
        // A client that goes away in the middle of its body is none of the endpoint's findings.
        refused
          .filter(({ status }) => status !== 0)
          .map(({ path, reason }) => `${path}: ${reason}`),
      );
    },
    async begin(fault) {
      if (fault.isDown === true) await stopListening();
      respondWith(fault.respond);
    },
    async heal() {
      respond = undefined;
      await listen();
    },
    respondWith,
    async closeConnections() {
      await stopListening();
      await listen();
    },
    stopListening,
    close: stopListening,
  };
}
