// References to secrets inside header values: `${secretsmanager:<arn or name>#<jsonKey>}` and
// `${ssm:<parameter name>}`. Pure text; fetching them is secrets.ts, loaded only when one occurs.

export interface SecretReference {
  readonly store: 'secretsmanager' | 'ssm';
  /** ARN or name, without the JSON key. */
  readonly id: string;
  /** Member of the secret's JSON object (Secrets Manager). */
  readonly jsonKey?: string;
}

const pattern = /\$\{(secretsmanager|ssm):([^}]+)\}/g;

export function hasSecretReference(value: string): boolean {
  return value.search(pattern) >= 0;
}

/** Every reference of a value by its literal text. */
export function findSecretReferences(value: string): ReadonlyMap<string, SecretReference> {
  const found = new Map<string, SecretReference>();
  for (const [literal, store, target = ''] of value.matchAll(pattern)) {
    const hash = store === 'secretsmanager' ? target.indexOf('#') : -1;
    found.set(literal, {
      store: store === 'ssm' ? 'ssm' : 'secretsmanager',
      id: (hash < 0 ? target : target.slice(0, hash)).trim(),
      ...(hash >= 0 && { jsonKey: target.slice(hash + 1).trim() }),
    });
  }
  return found;
}

/** The value with each reference replaced by what `secrets` holds for its literal text. */
export function fillSecretReferences(value: string, secrets: ReadonlyMap<string, string>): string {
  return value.replace(pattern, (literal) => secrets.get(literal) ?? literal);
}
