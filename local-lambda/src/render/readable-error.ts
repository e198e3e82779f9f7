// An error that Lambda's runtimes print as one line of JSON, as a person reads it. For the terminal and the page.

/**
 * What stands before the JSON object, and below it the stack trace. Undefined if `text` does not end with an object
 * that has the `errorType` and `errorMessage` of Lambda's runtimes.
 */
export function toReadableError(text: string, stacktrace: unknown): string | undefined {
  const start = text.indexOf('{');
  if (start === -1 || typeof stacktrace !== 'string' || stacktrace === '') return undefined;
  if (!isErrorObject(text.slice(start))) return undefined;
  const head = text.slice(0, start).trim();
  return head === '' ? stacktrace : `${head}\n${stacktrace}`;
}

function isErrorObject(json: string): boolean {
  try {
    const value = JSON.parse(json) as Readonly<Record<string, unknown>>;
    return typeof value['errorType'] === 'string' && typeof value['errorMessage'] === 'string';
  } catch {
    return false;
  }
}
