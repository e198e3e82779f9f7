// The error bodies of the Lambda APIs: {"errorType","errorMessage"} by document, malformed JSON or plain
// text in practice. Reading one never fails.

export interface ApiError {
  readonly errorType: string | undefined;
  /** The body's errorMessage, else its text, bounded. */
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 500;

export function readErrorBody(body: string): ApiError {
  const { errorType, errorMessage } = parseObject(body);
  return {
    errorType: typeof errorType === 'string' ? errorType : undefined,
    message: (typeof errorMessage === 'string' ? errorMessage : body).slice(0, MAX_MESSAGE_LENGTH),
  };
}

/** The JSON object in a text, or an empty one. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    return value as Record<string, unknown>;
  } catch {
    return {};
  }
}
