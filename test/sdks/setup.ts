// Jest's globalSetup: the built layer and the SDKs; workers inherit the variables.
import { ensureBuiltLayer } from '../../layer/built-layer';
import { installSdks } from './install';

export default async function setUp(): Promise<void> {
  ensureBuiltLayer();
  await installSdks();
}
