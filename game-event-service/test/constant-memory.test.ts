import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AddedCodesResponse } from '../src/catalog/coupons/code-routes.ts';
import { bodyOf, signedHeaders } from './support/caller.ts';
import { activeCoupon, codesPath, piecesOf, sendCodes } from './support/codes.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { auditor } from './support/scenario.ts';
import { startSmallService, type SmallService } from './support/small-service.ts';
import { docsReadBeforeStanding, storeClaims } from './support/stored-claims.ts';

/** A service needs half of it for itself. */
const HEAP_MIB = 88;
const BODY_BYTES = 96 * 1_048_576;
const TIMEOUT_MS = 120_000;

let service: RunningService;
let small: SmallService;
beforeAll(async () => {
  service = await startService();
  small = await startSmallService(service, HEAP_MIB);
});
afterAll(async () => {
  await small[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

it(
  'an export longer than the heap waits for a client that does not read, and then comes whole',
  async () => {
    const rows = 30_000;
    const assetLength = Math.ceil(BODY_BYTES / rows);
    await storeClaims(service.db, { eventId: 'evt_long', count: rows, assetLength });
    const target = '/v1/claims/export?format=ndjson&eventId=evt_long';
    const response = await fetch(small.url + target, { headers: signedHeaders(auditor, 'GET', target) });
    expect(await docsReadBeforeStanding(service.db)).toBeLessThan(rows / 2);

    const { body } = response;
    if (!body) throw new Error('the export has no body');
    let lines = 0;
    let characters = 0;
    for await (const line of createInterface({ input: Readable.fromWeb(body) })) {
      lines += 1;
      characters += line.length;
    }
    expect(lines).toBe(rows);
    expect(characters).toBeGreaterThan(BODY_BYTES);
    expect(small.exitCode()).toBeNull();
  },
  TIMEOUT_MS,
);

it(
  'an upload longer than the heap is read as it comes, past what is no code',
  async () => {
    const { reward } = await activeCoupon(service, []);
    const pieces = 1_500;
    const codesInEach = 20;
    const junk = 'x'.repeat(BODY_BYTES / pieces);
    const body = piecesOf(pieces, (piece) => {
      const codes = Array.from({ length: codesInEach }, (_, index) => `${piece}-${index}`.padEnd(128, '#'));
      return `${junk}\n${codes.join('\n')}\n`;
    });
    const answer = await sendCodes(small.url, codesPath(reward), body);
    expect(bodyOf(answer, 200, AddedCodesResponse)).toEqual({
      added: pieces * codesInEach,
      duplicates: 0,
      invalid: pieces,
    });
    expect(small.exitCode()).toBeNull();
  },
  TIMEOUT_MS,
);
