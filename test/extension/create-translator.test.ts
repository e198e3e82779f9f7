import type * as crypto from 'node:crypto';
import type * as translatorModule from '../../src/extension/create-translator';
import { createEnvironment } from '../../src/environment';
import { readTranslationSettings } from '../../src/otel/translation-settings';
import { decodeBatch } from '../../src/telemetry/decode';
import { recordDiagnostics } from './recorded-diagnostics';

type Module = typeof translatorModule;

const BODY = JSON.stringify([
  { time: '2026-03-02T08:15:00.000Z', type: 'platform.start', record: { requestId: 'ä-1' } },
  {
    time: '2026-03-02T08:15:01.000Z',
    type: 'platform.runtimeDone',
    record: { requestId: 'ä-1', status: 'success' },
  },
]);

/** The ids that a request without a trace header is given. */
function idsOf({ createTranslator }: Module): readonly unknown[] {
  const environment = createEnvironment({}, recordDiagnostics());
  const settings = readTranslationSettings(environment);
  const translator = createTranslator({ environment, settings });
  translator.accept(decodeBatch(BODY, [0, 0]), [0, 0]);
  return translator.settle().spans.map((span) => span.spanContext());
}

async function load(withHash: boolean): Promise<Module> {
  jest.resetModules();
  const actual = jest.requireActual<typeof crypto>('node:crypto');
  jest.doMock('node:crypto', () => ({ ...actual, ...(withHash ? {} : { hash: undefined }) }));
  return import('../../src/extension/create-translator');
}

it('makes the same ids on a Node.js without crypto.hash', async () => {
  const ids = idsOf(await load(true));
  expect(ids).toHaveLength(1);
  expect(idsOf(await load(false))).toEqual(ids);
});
