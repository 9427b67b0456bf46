import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Benchmark, Candidate, Figures, PreparedBenchmark } from './benchmark.ts';
import { setClaimStage, strikeClaimStage, type ClaimStage } from './claims/claim-stage.ts';
import { memoryOf, resetPeakMemory } from './peak-memory.ts';

const CODES = 1_000_000;
const CODES_IN_A_PIECE = 1_000;
const MEASURED = ['game-event-service', 'api-gateway'] as const;

/** A million codes of a coupon in one upload through the gateway, and the memory that it takes to let them through. */
export const codes: Benchmark = {
  name: 'codes',
  summary: `${CODES} codes of a coupon in one upload, through the gateway`,
  // A round is as long as the upload, and nothing has to be warm.
  plans: {
    quick: { rounds: 1, roundMs: 0, warmUpMs: 0 },
    thorough: { rounds: 3, roundMs: 0, warmUpMs: 0 },
  },
  prepare: async () => {
    const stage = await setClaimStage();
    const rewardIds: string[] = [];
    return {
      processes: stage.privateSystem.system.servers,
      candidates: [oneUpload(stage, rewardIds)],
      verify: () => everyCodeInItsPool(stage, rewardIds),
      stop: () => strikeClaimStage(stage),
    } satisfies PreparedBenchmark;
  },
};

function oneUpload(stage: ClaimStage, rewardIds: string[]): Candidate {
  const { system } = stage.privateSystem;
  const path = `/v1/events/${stage.eventId}/rewards`;
  return {
    name: 'one upload',
    prepare: async () => {
      const coupon = { name: 'Voucher', kind: 'coupon', asset: 'voucher', quantity: 1 };
      const { id } = await post<{ id: string }>(stage, path, 'application/json', JSON.stringify(coupon));
      rewardIds.push(id);
      return async () => {
        const servers = MEASURED.map((name) => system.server(name));
        const before = await Promise.all(servers.map(memoryOf));
        await Promise.all(servers.map(resetPeakMemory));
        const startedAt = performance.now();
        const upload = Readable.from(pieces());
        let sentAt = startedAt;
        upload.once('end', () => (sentAt = performance.now()));
        const { added } = await post<{ added: number }>(stage, `${path}/${id}/codes`, 'text/csv', upload);
        const answeredAt = performance.now();
        const seconds = (answeredAt - startedAt) / 1_000;
        const figures: Figures = {
          seconds,
          'seconds after the last byte': (answeredAt - sentAt) / 1_000,
          'codes/s': added / seconds,
        };
        for (const [index, server] of servers.entries()) {
          const { nowMiB, peakMiB } = await memoryOf(server);
          figures[`MiB before, ${server.name}`] = before[index]?.nowMiB ?? Number.NaN;
          figures[`MiB at most, ${server.name}`] = peakMiB;
          figures[`MiB after, ${server.name}`] = nowMiB;
        }
        return figures;
      };
    },
  };
}

function* pieces(): Generator<string> {
  for (let sent = 0; sent < CODES; sent += CODES_IN_A_PIECE) {
    const piece = Array.from({ length: CODES_IN_A_PIECE }, () => randomBytes(12).toString('base64url'));
    yield `${piece.join('\n')}\n`;
  }
}

async function post<Answer>(
  { privateSystem, mint }: ClaimStage,
  path: string,
  type: string,
  body: string | Readable,
): Promise<Answer> {
  const { url } = privateSystem.system;
  const token = mint.accessToken({ accountId: 'acc_bench', roles: ['ADMIN'], issuer: url });
  // However long the answer takes to come: how long that is, is what is measured.
  const pool = new Pool(url, { headersTimeout: 0 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': type };
  const answer = await pool.request({ method: 'POST', path, headers, body });
  const text = await answer.body.text();
  await pool.close();
  if (answer.statusCode >= 300) throw new Error(`POST ${path} was answered ${answer.statusCode}: ${text}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what these calls answer by their contract
  return JSON.parse(text) as Answer;
}

/** A figure counts only when the work was right: as many codes as were sent, each in a place of its own. */
async function everyCodeInItsPool({ client }: ClaimStage, rewardIds: readonly string[]): Promise<void> {
  const db = client.db('event_db');
  for (const rewardId of rewardIds) {
    const pool = await db
      .collection<{ _id: string; total: number; end: number }>('couponPools')
      .findOne({ _id: rewardId });
    const [last] = await db
      .collection('couponCodes')
      .find({ rewardId })
      .sort({ position: -1 })
      .limit(1)
      .toArray();
    const stored = await db.collection('couponCodes').countDocuments({ rewardId });
    const seen = { total: pool?.total, end: pool?.end, stored, last: last?.['position'] };
    const right = seen.total === CODES && seen.end === CODES && stored === CODES && seen.last === CODES - 1;
    if (!right) throw new Error(`the pool does not hold every code: ${JSON.stringify(seen)}`);
  }
}
