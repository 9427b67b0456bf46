/** One invalid variable. `value` is present only when it is safe to show. */
export interface ConfigProblem {
  variable: string;
  rule: string;
  value?: string | undefined;
}

/** The environment is missing variables or has invalid ones. The message lists every problem on a line of its own. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${count} in the environment:`, ...problems.map(line)].join('\n'));
    this.problems = problems;
  }
}

function line({ variable, rule, value }: ConfigProblem): string {
  return `  ${variable}: ${rule}${value === undefined ? '' : ` (it is ${JSON.stringify(value)})`}`;
}
