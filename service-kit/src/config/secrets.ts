import { variable, type Variable } from './variable.ts';
import { list } from './variables.ts';

/** A secret with a name, for rotation. */
export interface NamedSecret {
  id: string;
  secret: string;
}

/** A {@link NamedSecret} for one partner, such as the service that the gateway signs for. */
export interface ScopedSecret extends NamedSecret {
  scope: string;
}

const SHORTEST = 32;
const NAMED = /^(?:([a-z0-9-]{1,64})\/)?([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]+)$/;

/** A secret of at least `min` characters (default 32). It has no fallback and is never shown. */
export function secret(options: { min?: number } = {}): Variable<string> {
  const { min = SHORTEST } = options;
  return variable({
    rule: `a secret of at least ${min} characters`,
    parse: (text) => (text.length >= min ? text : undefined),
    showable: false,
  });
}

/**
 * `keyId:secret[,keyId:secret…]`: several named secrets, for rotation.
 * Each has at least 32 characters of the base64url alphabet; names are unique.
 */
export function secretList(): Variable<NamedSecret[]> {
  return variable({
    rule: `keyId:secret[,keyId:secret…] with distinct names, each secret ${SHORTEST} or more of A-Z a-z 0-9 _ -`,
    parse: (text) => {
      const secrets = parseSecrets(text);
      return secrets?.every(({ scope }) => scope === '')
        ? secrets.map(({ id, secret }) => ({ id, secret }))
        : undefined;
    },
    showable: false,
  });
}

/**
 * `scope/keyId:secret[,…]`: the same for several partners. The order is kept, so the first secret of each scope can be the
 * one in use.
 */
export function scopedSecretList(): Variable<ScopedSecret[]> {
  return variable({
    rule: `service/keyId:secret[,…] with distinct names, each secret ${SHORTEST} or more of A-Z a-z 0-9 _ -`,
    parse: (text) => {
      const secrets = parseSecrets(text);
      return secrets?.every(({ scope }) => scope !== '') ? secrets : undefined;
    },
    showable: false,
  });
}

function parseSecrets(text: string): ScopedSecret[] | undefined {
  const secrets: ScopedSecret[] = [];
  const names = new Set<string>();
  for (const entry of list(text)) {
    const [, scope = '', id = '', secret = ''] = NAMED.exec(entry) ?? [];
    const name = `${scope}/${id}`;
    if (secret.length < SHORTEST || names.has(name)) return undefined;
    names.add(name);
    secrets.push({ scope, id, secret });
  }
  return secrets;
}
