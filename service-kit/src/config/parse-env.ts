import { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { isShowable } from './variable.ts';

/** The schemas of the variables by name, made by `port`, `text`, `secret` and so on, or by zod. */
export type Variables = Readonly<Record<string, z.ZodType>>;

// Catches a password that is declared as `text`.
const SECRET_NAME = /PASSWORD|SECRET|TOKEN|CREDENTIAL|KEY/i;

/**
 * Reads the variables from an environment. An empty variable counts as missing, because compose files and shells write
 * "not set" like that.
 *
 * @throws {ConfigError} with every problem; a value is shown only when it cannot be secret
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
