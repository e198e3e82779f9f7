// The version of this distribution (telemetry.distro.version). The layer build replaces __VERSION__
// by package.json's version; run from sources, there is none.

declare const __VERSION__: string | undefined;

export const VERSION: string =
  typeof __VERSION__ === 'undefined' ? '0.0.0-development' : __VERSION__;
