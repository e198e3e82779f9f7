// The extension in this process, with a pipeline that is watched; the function's SDK is in another thread, so that what
// holds this one holds the answer to it back.
import { Server } from 'node:net';
import { Worker } from 'node:worker_threads';
import { encodeOtlpMessage } from 'local-lambda/otlp/decode';
import { createEnvironment } from '../../src/environment';
import { createTimeline, readShellVariables, start } from '../../src/extension/start';
import type { InvokeEvent } from '../../src/lambda/extensions-api';
import { systemClock } from '../../src/node/clock';
import { freePort } from '../free-ports';
import { answerJson, startScriptedServer } from '../lambda/scripted-server';
import { FakePipeline } from './fake-pipeline';
import { recordDiagnostics } from './recorded-diagnostics';

const diagnostics = recordDiagnostics();
const GIVE_UP_MS = 2_000;
/** The extension leaves its listeners to the end of its process. */
const listening = jest.spyOn(Server.prototype, 'listen');

afterAll(() => {
  for (const server of listening.mock.contexts as readonly Server[]) server.close();
  listening.mockRestore();
});

/** Sends one log record, and marks that it was answered. */
const SDK = `
  const { workerData: { protocol, port, body, answered } } = require('node:worker_threads');
  const mark = () => {
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  };
  if (protocol === 'http') {
    const headers = { 'content-type': 'application/x-protobuf' };
    const request = require('node:http').request(
      { host: '127.0.0.1', port, path: '/v1/logs', method: 'POST', headers, agent: false },
      (response) => response.resume().on('end', mark),
    );
    request.end(body);
  } else {
    const session = require('node:http2').connect('http://127.0.0.1:' + port);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      'content-type': 'application/grpc',
    });
    stream.resume().on('end', () => {
      mark();
      session.close();
    });
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), body]));
  }
`;
const BODY = encodeOtlpMessage('ExportLogsServiceRequest', {
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a' } }] }] }],
});

/** Its export holds the thread until the SDK has its answer. */
class WatchedPipeline extends FakePipeline {
  override idle = true;
  readonly invoked: Promise<void>;
  readonly flushed: Promise<string>;
  private tellInvoked: () => void = () => undefined;
  private tellFlushed: (seen: string) => void = () => undefined;

  constructor(private readonly answered: Int32Array) {
    super(systemClock);
    this.invoked = new Promise((resolve) => (this.tellInvoked = resolve));
    this.flushed = new Promise((resolve) => (this.tellFlushed = resolve));
  }

  override invoke(event: InvokeEvent): void {
    super.invoke(event);
    this.tellInvoked();
  }

  override acceptOtlp(body: unknown, onRead: () => void): number {
    this.idle = false;
    this.needsFlush = true;
    return super.acceptOtlp(body, onRead);
  }

  override flush(deadlineMs: number, whileRunning: boolean): Promise<boolean> {
    this.needsFlush = false;
    Atomics.wait(this.answered, 0, 0, GIVE_UP_MS);
    this.tellFlushed(this.answered[0] === 1 ? 'answered' : 'waits');
    return super.flush(deadlineMs, whileRunning);
  }
}

it.each(['http', 'grpc'])(
  'the SDK has its answer over %s before an export begins',
  async (protocol) => {
    let polls = 0;
    const api = await startScriptedServer(({ path }, response) => {
      response.setHeader('Lambda-Extension-Identifier', 'id');
      if (path.endsWith('/next')) {
        polls += 1;
        if (polls > 1) return;
        const deadlineMs = Date.now() + 60_000;
        answerJson(response, 200, { eventType: 'INVOKE', requestId: 'r1', deadlineMs });
      } else answerJson(response, 200, {});
    });
    const port = await freePort();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const pipeline = new WatchedPipeline(answered);
    const shell = readShellVariables({});
    let stop: (reason: string) => void = () => undefined;
    const ended = start({
      environment: createEnvironment(
        { AWS_LAMBDA_RUNTIME_API: api.address, LAMBDA_OTLP_FLUSH: 'overlap' },
        diagnostics,
      ),
      diagnostics,
      shell,
      timeline: createTimeline(shell),
      receiver: { ports: [port], warnings: [], notes: [] },
      loadPipeline: () => Promise.resolve(pipeline),
      onStoppable: (stopping) => (stop = stopping),
    });
    await pipeline.invoked;
    const workerData = { protocol, port, body: BODY, answered };
    const sdk = new Worker(SDK, { eval: true, workerData });
    expect(await pipeline.flushed).toBe('answered');
    await sdk.terminate();
    stop('SIGTERM');
    expect(await ended).toBe('ended');
    await api.close();
  },
);
