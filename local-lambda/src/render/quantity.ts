// Numbers as people read them: three significant digits with a unit that suits the size.

const significant = (value: number): string => {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value
    .toFixed(Math.min(digits, 3))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
};

/** `1.5 s`, `12.3 ms`, `250 µs` */
export function formatDuration(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  if (size >= 60_000) return `${significant(milliseconds / 60_000)} min`;
  if (size >= 1000) return `${significant(milliseconds / 1000)} s`;
  if (size >= 1 || size === 0) return `${significant(milliseconds)} ms`;
  return size >= 0.001
    ? `${significant(milliseconds * 1000)} µs`
    : `${significant(milliseconds * 1e6)} ns`;
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

function formatBytes(bytes: number): string {
  const exponent = Math.min(
    Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10),
    BINARY_UNITS.length - 1,
  );
  return `${significant(bytes / 1024 ** exponent)} ${BINARY_UNITS[exponent] ?? 'B'}`;
}

/** @param unit UCUM unit of an OpenTelemetry metric */
export function formatQuantity(value: number, unit: string): string {
  switch (unit) {
    case 's':
      return formatDuration(value * 1000);
    case 'ms':
      return formatDuration(value);
    case 'By':
      return formatBytes(value);
    case '1':
      return `${significant(value * 100)} %`;
    default:
      return Number.isInteger(value) ? String(value) : significant(value);
  }
}
