import { parseArgs } from 'node:util';
import type { AuditFinding, AuditHead } from './audit-finding.ts';
import { verifyAudit, type VerifyAuditOptions } from './verify-audit.ts';

/** Further findings are only counted. */
const MOST_SHOWN = 100;
const HEAD = /^([1-9]\d{0,14}):([\w-]{43})$/;

/**
 * The command `verify-audit [--head N:hash]` of a service: prints the findings, and the head to keep for the next time.
 *
 * @param args of the command line
 * @param print prints one line
 * @returns the exit code: 0 no findings, 1 findings, 2 wrong arguments
 */
export async function runVerifyAudit(
  options: Omit<VerifyAuditOptions, 'head'> & { args: readonly string[]; print: (line: string) => void },
): Promise<0 | 1 | 2> {
  const { args, print, ...where } = options;
  let head: AuditHead | undefined;
  try {
    head = headIn(args);
  } catch (error) {
    print(`${error instanceof Error ? error.message : String(error)}\nverify-audit [--head NUMBER:HASH]`);
    return 2;
  }

  const findings = verifyAudit({ ...where, head });
  let found = 0;
  let step = await findings.next();
  for (; !step.done; step = await findings.next()) {
    found += 1;
    if (found <= MOST_SHOWN) print(lineOf(step.value));
  }
  const { seals, entries, erased, head: last } = step.value;
  if (found > MOST_SHOWN) print(`… and ${found - MOST_SHOWN} more`);
  print(`${entries} entries under ${seals} seals, ${erased} with an erased origin: ${found} findings`);
  if (last) print(`head ${last.number}:${last.hash}`);
  return found === 0 ? 0 : 1;
}

function headIn(args: readonly string[]): AuditHead | undefined {
  const { values } = parseArgs({ args: [...args], options: { head: { type: 'string' } }, strict: true });
  if (values.head === undefined) return undefined;
  const [, number, hash] = HEAD.exec(values.head) ?? [];
  if (number === undefined || hash === undefined)
    throw new TypeError(`--head ${values.head} is not NUMBER:HASH`);
  return { number: Number(number), hash };
}

const lineOf = ({ problem, seal, entry, detail }: AuditFinding): string =>
  [problem, seal !== undefined && `seal ${seal}`, entry !== undefined && `entry ${entry}`, detail]
    .filter((part) => part !== false)
    .join('  ');
