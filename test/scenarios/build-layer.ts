// Jest's globalSetup of the tests that run the built layer: builds it once per run, if need be.
import { ensureBuiltLayer } from '../../layer/built-layer';

export default function buildLayer(): void {
  ensureBuiltLayer();
}
