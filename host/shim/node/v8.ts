// node:v8: this engine has none of V8's flags.

export function setFlagsFromString(_flag: string): void {
  return;
}
