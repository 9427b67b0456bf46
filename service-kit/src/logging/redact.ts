const REDACTED = '[redacted]';

// Names of secrets, anywhere in a key and in any spelling (`refresh_token`, `newPassword`).
const SECRET_KEY =
  /pass(?:word|phrase)|secret|token|authorization|cookie|credential|signature|api[-_]?key|private[-_]?key|signing[-_]?key|device[-_]?id/i;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi;

const MOST_KNOWN_KEYS = 2_000;
const known = new Map<string, boolean>();

/** True for a key whose value must not be logged. */
export function isSecretKey(key: string): boolean {
  let secret = known.get(key);
  if (secret === undefined) {
    secret = SECRET_KEY.test(key);
    if (known.size < MOST_KNOWN_KEYS) known.set(key, secret);
  }
  return secret;
}

/**
 * Replacer for `JSON.stringify`: hides the values of secret keys at any depth and passwords in URLs, and makes
 * errors, maps, sets and big integers readable. Numbers and booleans stay, because they are no secrets.
 */
export function forLog(key: string, value: unknown): unknown {
  if (typeof value === 'string' || (typeof value === 'object' && value !== null)) {
    if (key !== '' && isSecretKey(key)) return REDACTED;
  }
  if (typeof value === 'string') return withoutUrlPasswords(value);
  if (value instanceof Error) return errorFields(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

/** Drivers put whole URLs into their errors. */
function withoutUrlPasswords(text: string): string {
  return text.includes('://') ? text.replace(URL_PASSWORD, '$1:***@') : text;
}

function errorFields(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const fields: Record<string, unknown> = { name, message };
  if ('code' in error) fields['code'] = error.code;
  if (stack) fields['stack'] = stack;
  if (cause !== undefined) fields['cause'] = cause;
  if (error instanceof AggregateError) fields['errors'] = error.errors;
  return fields;
}
