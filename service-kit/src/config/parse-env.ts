import { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { isShowable } from './variable.ts';

/** The schemas of the variables by name, as made by `port`, `text`, `secret` and the others, or by zod itself. */
export type Variables = Readonly<Record<string, z.ZodType>>;

// Also where somebody took `text` for a password.
const SECRET_NAME = /PASSWORD|SECRET|TOKEN|CREDENTIAL|KEY/i;

/**
 * Reads the variables out of an environment. An empty variable counts as missing, because that is how compose
 * files and shells say "not set".
 *
 * @throws {ConfigError} with every problem at once; values are shown only where they cannot be secret
 */
export function parseEnv<Shape extends Variables>(
  env: NodeJS.ProcessEnv,
  variables: Shape,
): z.output<z.ZodObject<Shape>> {
  const texts = Object.fromEntries(
    Object.keys(variables).map((name) => [name, env[name]?.trim() || undefined] as const),
  );
  const result = z.object(variables).safeParse(texts);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map(({ path, message }): ConfigProblem => {
      const variable = String(path[0]);
      const value = texts[variable];
      const schema = variables[variable];
      const shown = value !== undefined && schema && isShowable(schema) && !SECRET_NAME.test(variable);
      return { variable, rule: message, value: shown ? value : undefined };
    }),
  );
}
