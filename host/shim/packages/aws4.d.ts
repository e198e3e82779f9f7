// aws4, as src calls it: its own types would bring all of Node's.

interface Request {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly service?: string;
  readonly region?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function sign(
  request: Request,
  credentials: Credentials,
): { readonly headers?: Readonly<Record<string, unknown>> };
