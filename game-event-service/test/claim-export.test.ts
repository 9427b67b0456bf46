import { get } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { Identity } from 'service-kit/identity';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { account, bodyOf, client, expectProblem, signedHeaders } from './support/caller.ts';
import { activeCoupon } from './support/codes.ts';
import { startService } from './support/running-service.ts';
import { activeEvent, auditor, claim, operator } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';
import { idleCursors, storeClaims } from './support/stored-claims.ts';

const { auth, service } = await startServiceWithLedger();

async function exported(query: string, as: Identity = auditor): Promise<{ headers: Headers; text: string }> {
  const target = `/v1/claims/export?${query}`;
  const response = await fetch(service.url + target, { headers: signedHeaders(as, 'GET', target) });
  expect(response.status).toBe(200);
  return { headers: response.headers, text: await response.text() };
}
const rows = async (query: string): Promise<Record<string, unknown>[]> =>
  (await exported(`format=ndjson&${query}`)).text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const HEADER =
  'id,eventId,eventVersion,rewardId,accountId,period,status,attempt,reason,kind,asset,quantity,ledgerEntryId,createdAt,completedAt';

describe('an export', () => {
  it('as CSV has a header, quotes what has to be quoted, and holds no formulas', async () => {
    const { event, reward } = await activeEvent(service.call);
    const player = account(['USER'], '=HYPERLINK("http://evil","x")');
    const granted = bodyOf(await claim(service.call, event.id, player), 201, ClaimResponse);
    auth.decide = () => 'account_unknown';
    const refused = account(['USER'], '@sum');
    await claim(service.call, event.id, refused);
    const { headers, text } = await exported(`format=csv&eventId=${event.id}`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe('attachment; filename="claims.csv"');
    expect(headers.get('cache-control')).toBe('no-store');
    const [header, first, second, ...rest] = text.split('\r\n');
    expect(header).toBe(HEADER);
    expect(first).toBe(
      [
        granted.id,
        event.id,
        2,
        reward.id,
        `"'=HYPERLINK(""http://evil"",""x"")"`,
        `once,granted,1,,currency,gold,100,${granted.grant?.ledgerEntryId}`,
        granted.createdAt,
        granted.completedAt,
      ].join(','),
    );
    expect(second).toContain(",'@sum,once,rejected,1,account_unknown,currency,gold,100,,");
    expect(rest).toEqual(['']);
  });

  it('as NDJSON has the same fields, and the oldest first', async () => {
    const { event } = await activeEvent(service.call);
    const [one, other] = [account(), account()];
    const first = bodyOf(await claim(service.call, event.id, one), 201, ClaimResponse);
    const second = bodyOf(await claim(service.call, event.id, other), 201, ClaimResponse);
    const { headers } = await exported(`format=ndjson&eventId=${event.id}`);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(await rows(`eventId=${event.id}`)).toEqual(
      [first, second].map(({ grant, ...fields }) => Object.assign(fields, grant)),
    );
  });

  it('never holds the code of a coupon', async () => {
    const { event } = await activeCoupon(service, ['VERY-SECRET-CODE']);
    const player = account();
    bodyOf(await claim(service.call, event.id, player), 201, ClaimResponse);
    for (const format of ['csv', 'ndjson']) {
      const { text } = await exported(`format=${format}&eventId=${event.id}`);
      expect(text).toContain(player.userId);
      expect(text).not.toContain('VERY-SECRET-CODE');
    }
  });

  it('holds what the filters ask for, and what was made until it began', async () => {
    await using own = await startService({ beside: service });
    const { event } = await activeEvent(own.call);
    const [one, other, third] = [account(), account(), account()];
    const { id } = bodyOf(await claim(own.call, event.id, one), 201, ClaimResponse);
    own.advance(60_000);
    auth.decide = () => 'cancelled';
    await claim(own.call, event.id, other);
    auth.decide = () => 'granted';
    const [first, second] = await rows(
      `eventId=${event.id}&to=${new Date(Date.now() + 120_000).toISOString()}`,
    );
    expect([first?.['id'], second?.['status']]).toEqual([id, 'rejected']);
    expect(await rows(`eventId=${event.id}`)).toEqual([first]);
    expect(await rows(`accountId=${one.userId}`)).toEqual([first]);
    expect(await rows(`accountId=${one.userId}&eventId=evt_other`)).toEqual([]);
    expect(await rows(`accountId=${third.userId}`)).toEqual([]);
    const at = String(second?.['createdAt']);
    const later = new Date(Date.now() + 120_000).toISOString();
    expect(await rows(`eventId=${event.id}&from=${at}&to=${later}`)).toEqual([second]);
    expect(await rows(`eventId=${event.id}&to=${at}`)).toEqual([first]);
    expect(await rows(`eventId=${event.id}&status=rejected&to=${later}`)).toEqual([second]);
  });

  it('that the client leaves is read no further', async () => {
    await storeClaims(service.db, { eventId: 'evt_left', count: 20_000, assetLength: 1_000 });
    const target = '/v1/claims/export?format=csv&eventId=evt_left';
    const leaving = get(service.url + target, { headers: signedHeaders(auditor, 'GET', target) });
    const [response] = (await once(leaving, 'response')) as [AsyncIterable<Buffer>];
    for await (const _ of response) {
      await vi.waitFor(async () => expect(await idleCursors(service.db)).toHaveLength(1), 15_000);
      break;
    }
    leaving.destroy();
    await vi.waitFor(async () => expect(await idleCursors(service.db)).toEqual([]), 15_000);
  });

  it('is for auditors', async () => {
    const ask = (as?: Identity, query = '') =>
      service.call('GET', `/v1/claims/export${query}`, as ? { as } : {});
    for (const as of [account(), operator, client(['claims:read'])]) {
      expectProblem(await ask(as), 403, 'forbidden');
    }
    expectProblem(await ask(), 401, 'unauthenticated');
    for (const query of ['?format=xml', '?status=lost', '?from=yesterday']) {
      expectProblem(await ask(auditor, query), 400, 'invalid_request');
    }
    const { text } = await exported(`accountId=${account().userId}`, account(['ADMIN']));
    expect(text).toBe(`${HEADER}\r\n`);
  });

  it('can be asked about without being made', async () => {
    const target = '/v1/claims/export';
    const headers = signedHeaders(auditor, 'HEAD', target);
    const response = await fetch(service.url + target, { method: 'HEAD', headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/);
  });
});
