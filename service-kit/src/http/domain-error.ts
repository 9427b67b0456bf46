/** Additions to the problem body of one error. */
export interface DomainErrorExtra {
  /** Further members of the problem body, for example `{ reason: '…' }`. */
  members?: Readonly<Record<string, unknown>>;
  /** Response headers, for example `{ 'retry-after': '1' }`. */
  headers?: Readonly<Record<string, string>>;
}

/** A refusal with a code. It does not know HTTP: a {@link ProblemTable} gives each code a status. */
export class DomainError<Code extends string = string> extends Error {
  override readonly name = 'DomainError';
  readonly code: Code;
  readonly detail: string | undefined;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param code one of the codes in the service's problem table
   * @param detail explains this case to a person; shown to the caller
   */
  constructor(code: Code, detail?: string, extra: DomainErrorExtra = {}) {
    super(detail ?? code);
    this.code = code;
    this.detail = detail;
    this.members = extra.members ?? {};
    this.headers = extra.headers ?? {};
  }
}
