import type { CloudEvent } from 'service-kit/messaging';
import { expect } from 'vitest';
import { breachesOf } from './contracts.ts';
import { eventually, type System } from './system.ts';

/**
 * Waits until the others were told this often about an account, and holds each message against its contract.
 *
 * @param what `registered`, `upgraded`, `status-changed` or `roles-changed`
 * @returns the data of the messages, by account version
 */
export async function toldAbout(
  system: System,
  accountId: string,
  what: string,
  count = 1,
): Promise<CloudEvent['data'][]> {
  const found = await eventually(() => {
    const type = `laurel.account.${what}.v1`;
    const about = system.sent.filter((event) => event.subject === accountId && event.type === type);
    expect(about).toHaveLength(count);
    return about;
  });
  for (const event of found) expect(breachesOf(event)).toEqual([]);
  const versionOf = ({ data }: CloudEvent): number => (data as { accountVersion: number }).accountVersion;
  return found.toSorted((a, b) => versionOf(a) - versionOf(b)).map(({ data }) => data);
}
