// Extensions API 2020-01-01: register, event/next, init/error, exit/error, with the statuses, error
// types and messages of the service (AWS "Lambda Extensions API"; RIE's handlers).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { preciseNowMs } from './clock';
import { createExtension, sendNextEvent } from './extension-registry';
import type { Extension, ExtensionEvent, ExtensionState } from './extension-registry';
import type { FunctionSettings } from './local-lambda-options';
import { errorAnswer, jsonAnswer } from './telemetry-api';
import type { ApiAnswer } from './telemetry-api';

export const MAX_EXTENSIONS = 10;

export interface ExtensionsApiState {
  /** Extensions of this generation, in order of start. */
  readonly extensions: Extension[];
  /** Extensions may register during init only. */
  registrationOpen: boolean;
}

export interface ExtensionsApiOptions {
  readonly state: ExtensionsApiState;
  readonly settings: FunctionSettings;
  readonly onChange: () => void;
  /** init/error or exit/error was reported: the environment is to be reset. */
  readonly onFatal: (errorType: string) => void;
}

export interface ExtensionsApi {
  register(request: IncomingMessage, body: string): ApiAnswer;
  /** Keeps the response open until there is an event, or returns an error at once. */
  next(request: IncomingMessage, response: ServerResponse): ApiAnswer | undefined;
  reportError(request: IncomingMessage, kind: 'init' | 'exit'): ApiAnswer;
  /** The extension that the request's Lambda-Extension-Identifier names, or the refusal. */
  identify(request: IncomingMessage): Extension | ApiAnswer;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const EVENTS: readonly string[] = ['INVOKE', 'SHUTDOWN'];

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function forbidden(errorType: string, message: string): ApiAnswer {
  return errorAnswer(403, errorType, message);
}

function transitionRefused(extension: Extension, to: ExtensionState): ApiAnswer {
  return forbidden(
    'Extension.InvalidExtensionState',
    `State transition from ${extension.state} to ${to} failed for extension ${extension.name}. Error: State transition is not allowed`,
  );
}

/** The events asked for; undefined if the body is not a valid request. */
function parseEvents(body: string): readonly unknown[] | undefined {
  try {
    const request = JSON.parse(body) as { events?: unknown } | null;
    if (request === null || typeof request !== 'object') return undefined;
    const events = request.events ?? [];
    return Array.isArray(events) ? events : undefined;
  } catch {
    return undefined;
  }
}

/** The body of the answer to `register` for an extension that accepts the feature accountId. */
export function toRegistration(settings: FunctionSettings) {
  return {
    accountId: settings.accountId,
    functionName: settings.name,
    functionVersion: settings.version,
    handler: settings.handler,
  };
}

export function createExtensionsApi(options: ExtensionsApiOptions): ExtensionsApi {
  const { state, settings } = options;

  const refusedEvent = (event: unknown, kind: Extension['kind']): string | undefined => {
    if (typeof event !== 'string' || !EVENTS.includes(event)) return 'ErrorInvalidEventType';
    if (settings.managedInstances && event === 'INVOKE') return 'ErrorInvalidEventType';
    if (kind === 'internal' && event === 'SHUTDOWN') {
      return 'ShutdownEventNotSupportedForInternalExtension';
    }
    return undefined;
  };

  const createInternal = (name: string): Extension | ApiAnswer => {
    if (!state.registrationOpen) {
      return forbidden('Extension.RegistrationClosed', 'Extension registration closed already');
    }
    if (state.extensions.some((known) => known.kind === 'internal' && known.name === name)) {
      const message = 'Extension with this name already registered';
      return forbidden('Extension.InvalidExtensionState', message);
    }
    if (state.extensions.length >= MAX_EXTENSIONS) {
      const message = `Extension limit (${MAX_EXTENSIONS}) reached`;
      return forbidden('Extension.TooManyExtensions', message);
    }
    const extension = createExtension(name, 'internal');
    state.extensions.push(extension);
    return extension;
  };

  const answerRegistered = (request: IncomingMessage, extension: Extension): ApiAnswer => {
    const features = header(request, 'lambda-extension-accept-feature').split(',');
    const withAccount = features.some((feature) => feature.trim() === 'accountId');
    const { accountId, ...always } = toRegistration(settings);
    const answer = jsonAnswer(200, withAccount ? { accountId, ...always } : always);
    return { ...answer, headers: { 'Lambda-Extension-Identifier': extension.id } };
  };

  const identify = (request: IncomingMessage): Extension | ApiAnswer => {
    const id = header(request, 'lambda-extension-identifier');
    if (id === '') {
      const message = 'Missing Lambda-Extension-Identifier header';
      return forbidden('Extension.MissingExtensionIdentifier', message);
    }
    if (!UUID.test(id)) {
      const message = 'Invalid Lambda-Extension-Identifier';
      return forbidden('Extension.InvalidExtensionIdentifier', message);
    }
    const found = state.extensions.find((extension) => extension.id === id.toLowerCase());
    return found ?? forbidden('Extension.UnknownExtensionIdentifier', `Unknown extension ${id}`);
  };

  return {
    identify,
    register(request, body) {
      const name = header(request, 'lambda-extension-name');
      if (name === '') {
        return forbidden('Extension.InvalidExtensionName', 'Empty extension name');
      }
      const events = parseEvents(body);
      if (events === undefined) {
        return forbidden('InvalidRequestFormat', 'expected a JSON object with an array events');
      }
      const external = state.extensions.find(
        (known) => known.kind === 'external' && known.name === name,
      );
      for (const event of events) {
        const problem = refusedEvent(event, external?.kind ?? 'internal');
        if (problem === undefined) continue;
        return forbidden('Extension.InvalidEventType', `${String(event)}: ${problem}`);
      }
      const extension = external ?? createInternal(name);
      if ('status' in extension) return extension;
      if (extension.state !== 'Started') return transitionRefused(extension, 'Registered');
      extension.state = 'Registered';
      extension.events = events as readonly ExtensionEvent[];
      extension.registeredAtMs = preciseNowMs();
      options.onChange();
      return answerRegistered(request, extension);
    },
    next(request, response) {
      const extension = identify(request);
      if ('status' in extension) return extension;
      if (extension.state !== 'Registered' && extension.state !== 'Running') {
        return transitionRefused(extension, 'Ready');
      }
      extension.state = 'Ready';
      extension.poll = response;
      extension.nextAtMs = preciseNowMs();
      extension.firstNextAtMs ??= extension.nextAtMs;
      response.on('close', () => {
        if (extension.poll === response) extension.poll = undefined;
      });
      if (extension.pendingEvent !== undefined) sendNextEvent(extension, extension.pendingEvent);
      options.onChange();
      return undefined;
    },
    reportError(request, kind) {
      const extension = identify(request);
      if ('status' in extension) return extension;
      const errorType = header(request, 'lambda-extension-function-error-type');
      if (errorType === '') {
        const message = 'Lambda-Extension-Function-Error-Type not found';
        return forbidden('Extension.MissingHeader', message);
      }
      const to = kind === 'init' ? 'InitError' : 'ExitError';
      const allowed: readonly ExtensionState[] =
        kind === 'init' ? ['Registered'] : ['Registered', 'Ready', 'Running'];
      if (!allowed.includes(extension.state)) return transitionRefused(extension, to);
      extension.state = to;
      extension.errorType = errorType;
      options.onFatal(kind === 'init' ? 'Extension.InitError' : 'Extension.ExitError');
      return jsonAnswer(202, { status: 'OK' });
    },
  };
}
