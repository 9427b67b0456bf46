/** One variable that is wrong. `value` is there only when it is safe to show. */
export interface ConfigProblem {
  variable: string;
  rule: string;
  value?: string | undefined;
}

/** The environment does not say what the service needs. The message lists every problem, one a line. */
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
