import { Command } from 'commander';
import { runOnStore } from '../supervisor/run-on-store.ts';

/** `scripts/rebuild-progress`: finds the store, and lets game-event-service, whose progress it is, do the work. */
export async function main(args: string[]): Promise<void> {
  const { url } = new Command('rebuild-progress')
    .description(
      'Counts the activity that is stored anew, and puts right every counter of progress that differs. Safe while the services run. Where ACTIVITY_RETENTION is set for the service, it has to be set here, too.',
    )
    .option('--url <url>', 'the store; otherwise MONGODB_URL, or the system that ./scripts/up runs here')
    .parse(args, { from: 'user' })
    .opts<{ url?: string }>();

  process.exitCode = await runOnStore('game-event-service', 'rebuild-progress', url);
}
