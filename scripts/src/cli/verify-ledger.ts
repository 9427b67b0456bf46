import { Command } from 'commander';
import { runOnStore } from '../supervisor/run-on-store.ts';

/** `scripts/verify-ledger`: finds the store, and lets auth-service, whose ledger it is, do the work. */
export async function main(args: string[]): Promise<void> {
  const { url } = new Command('verify-ledger')
    .description(
      'Recomputes every balance from the ledger, and holds entries and decisions against each other. Says each difference, and ends with 1 when there is one, 2 when it could not tell. Safe while the services run.',
    )
    .option('--url <url>', 'the store; otherwise MONGODB_URL, or the system that ./scripts/up runs here')
    .parse(args, { from: 'user' })
    .opts<{ url?: string }>();

  process.exitCode = await runOnStore('auth-service', 'verify-ledger', url);
}
