// node:querystring, as aws4 uses it to sign a URL's query.

type Query = Record<string, string | readonly string[]>;

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}

export function parse(text: string): Query {
  const query: Query = {};
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const key = decode(name);
    const known = query[key];
    query[key] = known === undefined ? decode(value) : [known, decode(value)].flat();
  }
  return query;
}

export function stringify(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  return pairs.join('&');
}
