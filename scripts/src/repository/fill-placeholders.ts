/** The placeholders of settings in `service.json`. The system that runs the service has their values. */
export interface Placeholders {
  'public-url': string;
  'internal-keys': string;
  'admin-username': string;
  'admin-password': string;
  /** `{secret:NAME}`: one of the service's own secrets. */
  secret: (name: string) => string;
}

/** The settings of a service with its placeholders filled in. */
export function fillPlaceholders(
  settings: Readonly<Record<string, string>>,
  values: Placeholders,
): Record<string, string> {
  const fill = (text: string) =>
    text.replaceAll(
      /\{([a-z-]+)(?::(\w+))?\}/g,
      (placeholder, name: string, argument: string | undefined) => {
        if (name === 'secret' && argument !== undefined) return values.secret(argument);
        if (isPlain(name)) return values[name];
        throw new Error(`${placeholder} is no placeholder for a setting`);
      },
    );
  return Object.fromEntries(Object.entries(settings).map(([variable, text]) => [variable, fill(text)]));
}

function isPlain(name: string): name is Exclude<keyof Placeholders, 'secret'> {
  return ['public-url', 'internal-keys', 'admin-username', 'admin-password'].includes(name);
}
