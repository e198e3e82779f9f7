// Tables in the documents that are made of the code. Each stands below a comment `<!-- table: NAME … -->`.

export type Rows = readonly (readonly string[])[];

const tableOf = (name: string): RegExp =>
  new RegExp(`(<!-- table: ${name}\\b[^>]*-->\\n\\n)(\\|[^]*?\\n)(\\n|$)`);

/** The cells of a table without its head; a pipe within a cell is written \|. */
export function readTable(document: string, name: string): Rows {
  const table = tableOf(name).exec(document)?.[2] ?? '';
  const lines = table.trimEnd().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

/** The document with these rows below the head that the table has. */
export function writeTable(document: string, name: string, rows: Rows): string {
  const lines = rows.map(
    (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`,
  );
  return document.replace(
    tableOf(name),
    (_, before: string, table: string, after: string) =>
      `${before}${table.split('\n').slice(0, 2).join('\n')}\n${lines.join('')}${after}`,
  );
}
