// What a back end answered, kept for people: `npm run test:backends` prints it at the end, docs/backends.md keeps it.
import { appendFileSync } from 'node:fs';

const REPORT = process.env['LAMBDA_OTLP_BACKENDS_REPORT'];
const SHOWN_CHARS = 2500;

/** One query and its answer; nothing is written when no report was asked for. */
export function report(title: string, query: string, answer: string | object): void {
  if (REPORT === undefined) return;
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer, undefined, 1);
  const shown = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}\n…` : text;
  appendFileSync(REPORT, `### ${title}\n\n\`${query}\`\n\n\`\`\`\n${shown}\n\`\`\`\n\n`);
}
