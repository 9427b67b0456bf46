export { ConfigError, type ConfigProblem } from './config-error.ts';
export type { Duration } from './duration.ts';
export { parseEnv, type Variables } from './parse-env.ts';
export { scopedSecretList, secret, secretList, type NamedSecret, type ScopedSecret } from './secrets.ts';
export { optional, type Variable } from './variable.ts';
export {
  duration,
  durationList,
  flag,
  hostNames,
  integer,
  oneOf,
  port,
  positiveNumber,
  text,
  url,
  urlList,
} from './variables.ts';
