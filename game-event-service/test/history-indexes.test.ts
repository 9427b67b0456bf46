import { expect, it } from 'vitest';
import { account, signedHeaders } from './support/caller.ts';
import { activeEvent, auditor, claim } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';
import { storeClaims } from './support/stored-claims.ts';

const { service } = await startServiceWithLedger();

it('no filter of a history makes the store read everything, or sort what it has read', async () => {
  const { event } = await activeEvent(service.call);
  const player = account();
  await claim(service.call, event.id, player);
  await storeClaims(service.db, { eventId: 'evt_long', count: 5_000 });

  const [who, what] = [`accountId=${player.userId}`, `eventId=${event.id}`];
  const when = 'from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';
  const filters = ['', who, what, when, `${who}&${what}`, `${what}&status=granted`, `${who}&${when}`];
  await service.db.command({ profile: 2 });
  for (const query of filters) {
    const of = query.includes('accountId') ? query : `${query}&${who}`;
    for (const target of [
      `/v1/claims?${of}`,
      `/v1/claim-attempts?${query}`,
      `/v1/claims/export?format=ndjson&${query}`,
    ]) {
      const answer = await fetch(service.url + target, { headers: signedHeaders(auditor, 'GET', target) });
      expect(answer.status).toBe(200);
      await answer.text();
    }
  }
  await service.db.command({ profile: 0 });
  const found = await service.db
    .collection('system.profile')
    .find({ op: 'query', ns: { $regex: /\.(claims|claimAttempts)$/ } })
    .toArray();
  expect(found.length).toBeGreaterThanOrEqual(filters.length * 3);
  for (const { planSummary, hasSortStage, command } of found) {
    expect({ command, planSummary }).toMatchObject({ planSummary: expect.stringMatching(/^IXSCAN/) });
    expect({ command, hasSortStage }).toEqual({ command, hasSortStage: undefined });
  }
});
