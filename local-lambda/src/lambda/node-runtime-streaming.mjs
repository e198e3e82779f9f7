// awslambda.streamifyResponse for the local Node runtime: the handler writes its response while it
// runs. Source: AWS "Response streaming for Lambda functions"; the runtime client's StreamingContext.
import http from 'node:http';

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';
const PRELUDE_END = Buffer.alloc(8);

export function offerStreaming() {
  globalThis.awslambda = {
    streamifyResponse(handler) {
      handler[STREAMING] = 'response';
      return handler;
    },
    HttpResponseStream: {
      from(stream, prelude) {
        stream.setContentType('application/vnd.awslambda.http-integration-response');
        stream.write(JSON.stringify(prelude));
        stream.write(PRELUDE_END);
        return stream;
      },
    },
  };
}

export function isStreaming(handler) {
  return handler[STREAMING] === 'response';
}

/**
 * Opens the response to `url`: `stream` is what the handler writes to, its headers leave with the
 * first byte; `done` resolves when the platform accepted it.
 */
export function openResponse(url) {
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Lambda-Runtime-Function-Response-Mode': 'streaming',
    'Transfer-Encoding': 'chunked',
    Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
  };
  const stream = http.request(url, { method: 'POST', headers });
  stream.setContentType = (type) => stream.setHeader('Content-Type', type);
  const done = new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('response', (response) => response.resume().on('end', resolve));
  });
  // A handler that fails before its first byte never opens the connection.
  done.catch(() => undefined);
  return { stream, done };
}

/** Ends a response under way with the error that stopped it. `error`: as the Runtime API takes it. */
export function breakOff(response, error) {
  const body = Buffer.from(JSON.stringify(error)).toString('base64');
  response.addTrailers({ [ERROR_TYPE]: encodeURIComponent(error.errorType), [ERROR_BODY]: body });
  response.end();
}
