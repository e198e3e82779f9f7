// Settings with every rule of redaction and filters.

export type Variables = Readonly<Record<string, string>>;

/** None of them finds anything in the bench's lines: what is measured is the search. */
export const EVERY_RULE: Variables = {
  LAMBDA_OTLP_REDACT: 'emails,cards,tokens,aws_keys',
  LAMBDA_OTLP_REDACT_KEYS: 'password,authorization,*secret*',
  LAMBDA_OTLP_REDACT_PATTERNS: '["customer-[0-9]+"]',
  LAMBDA_OTLP_DROP_LOGS: 'severity<debug,body~^GET /health',
  LAMBDA_OTLP_DROP_ATTRIBUTES: 'url.query,http.request.header.*',
};
