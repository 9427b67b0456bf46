import { Argument, Command, InvalidArgumentError } from 'commander';
import { join } from 'node:path';
import { print, printError } from '../console/print.ts';
import { createAuditFile } from './dead-letters/audit-file.ts';
import { walkDeadLetters, type Verdict } from './dead-letters/dead-letter-queue.ts';
import { matches, type DeadLetter } from './dead-letters/dead-letter.ts';
import { parseAge, parseFilter } from './dead-letters/filter-options.ts';
import { dataDirectory } from '../repository/packages.ts';
import { findUrl } from './running-system.ts';

const ACTIONS = ['list', 'show', 'replay', 'drop'] as const;
type Action = (typeof ACTIONS)[number];

interface Options {
  filter: string[];
  dryRun: boolean;
  rate?: number;
  url?: string;
  audit?: string;
}

/** `scripts/dead-letters`: shows dead letters, replays or drops them. */
export async function main(args: string[]): Promise<void> {
  const command = new Command('dead-letters')
    .description(
      'Shows the messages in QUEUE.dead, sends them to QUEUE again (with the same message id, so that nothing happens twice), or drops them. Safe while the services run.',
    )
    .addArgument(new Argument('<action>', 'list: a line each; show: whole; replay; drop').choices(ACTIONS))
    .argument('<queue>', 'the work queue, for example auth-service.reward-requests')
    .option(
      '--filter <name=value...>',
      'only letters with this id, type, code, account, older=AGE, newer=AGE',
      [],
    )
    .option('--dry-run', 'print what would happen, and change nothing', false)
    .option('--rate <n>', 'letters a second at most', positive)
    .option('--url <url>', 'the broker; otherwise RABBITMQ_URL, or the system that ./scripts/up runs here')
    .option('--audit <file>', 'the log of each replay and drop; default .data/audit/dead-letters.ndjson')
    .parse(args, { from: 'user' });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commander has checked the choice
  const [action, queue] = command.args as [Action, string];
  await run(action, queue, command.opts<Options>());
}

async function run(action: Action, queue: string, options: Options): Promise<void> {
  const filter = parseFilter(options.filter);
  const audit = createAuditFile(options.audit ?? join(dataDirectory(), 'audit', 'dead-letters.ndjson'));
  // After this time the services may have removed the record that they handled it.
  const retentionMs = parseAge(process.env['INBOX_RETENTION'] ?? '30d');
  const now = Date.now();
  let matched = 0;
  let tooOld = 0;

  const judged = await walkDeadLetters({
    url: await findUrl('RABBITMQ_URL', options.url),
    queue,
    ...(options.rate === undefined ? {} : { rate: options.rate }),
    judge: (letter): Verdict => {
      if (!matches(letter, filter, now)) return 'keep';
      if (action === 'replay' && now - ageFrom(letter) > retentionMs) {
        tooOld += 1;
        printError(`${lineOf(letter)}  — too old to be replayed`);
        return 'keep';
      }
      matched += 1;
      print(action === 'show' ? wholeOf(letter) : lineOf(letter));
      return action === 'list' || action === 'show' || options.dryRun ? 'keep' : action;
    },
    onDone: async (letter, verdict) => {
      if (verdict !== 'keep') await audit(verdict, queue, letter);
    },
  });

  const done = { list: 'match', show: 'match', replay: 'replayed', drop: 'dropped' }[action];
  print(
    `\n${matched} of ${judged} dead letters ${options.dryRun ? 'would be ' : ''}${done}${tooOld > 0 ? `, ${tooOld} too old` : ''}.`,
  );
}

/** The time of the message, because a replay resets the times of its failures. */
function ageFrom(letter: DeadLetter): number {
  return (letter.madeAt ?? letter.firstFailedAt)?.getTime() ?? 0;
}

function lineOf({ messageId, type, accountId, code, reason, attempts, lastFailedAt }: DeadLetter): string {
  const when = lastFailedAt?.toISOString() ?? '-';
  return [when, messageId || '-', type ?? '-', accountId ?? '-', code, `${attempts}×`, reason].join('  ');
}

function wholeOf(letter: DeadLetter): string {
  return JSON.stringify(letter, undefined, 2);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0');
  return value;
}
