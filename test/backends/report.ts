// What a back end answered, kept for people: `npm run test:backends` prints it at the end, docs/backends.md keeps it.
import { appendFileSync } from 'node:fs';

const REPORT = process.env['LAMBDA_OTLP_BACKENDS_REPORT'];
const SHOWN_LINES = 12;
const SHOWN_CHARS = 400;

/** One query and its answer, a list item by item; nothing is written when no report was asked for. */
export function report(title: string, query: string, answer: string | object): void {
  if (REPORT === undefined || REPORT === '') return;
  const items = Array.isArray(answer) ? (answer as readonly unknown[]) : [answer];
  const lines = items
    .flatMap((item) => (typeof item === 'string' ? item : JSON.stringify(item)).split('\n'))
    .map((line) => (line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)} …` : line));
  const rest = lines.length - SHOWN_LINES;
  const shown = [...lines.slice(0, SHOWN_LINES), ...(rest > 0 ? [`… and ${rest} more`] : [])];
  appendFileSync(REPORT, `#### ${title}\n\n\`\`\`\n${query}\n\n${shown.join('\n')}\n\`\`\`\n\n`);
}
