import { Readable } from 'node:stream';
import { callerOf } from 'service-kit/audit';
import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { AccountView } from '../accounts/account-schemas.ts';
import { assetKinds } from '../ledger/ledger.ts';
import { NO_STORE } from '../sessions/session-schemas.ts';
import type { ExportData } from './export-data.ts';

const Time = z.iso.datetime();
const Export = z
  .object({
    exportedAt: Time,
    account: AccountView.extend({ statusReason: z.string().nullable(), lastLoginAt: Time.nullable() }),
    entitlements: z.array(z.object({ kind: z.enum(assetKinds), asset: z.string(), quantity: z.int() })),
    sessions: z.array(z.looseObject({ id: z.string(), createdAt: Time })),
    ledger: z.array(z.looseObject({ id: z.string(), quantity: z.int(), at: Time })),
    audit: z.array(z.looseObject({ id: z.string(), at: Time, action: z.string(), by: z.string() })),
  })
  .meta({ id: 'Export' });

/** What is kept about oneself, to take away. */
export function exportRoutes(exportData: ExportData): Endpoint[] {
  const read = defineEndpoint({
    method: 'GET',
    path: '/v1/me/export',
    operationId: 'exportMyData',
    summary: 'Export all data about me in this service',
    description: 'game-event-service stores events, claims and activity, and has its own calls for them.',
    tag: 'me',
    access: 'signed-in',
    responses: { 200: { description: 'One JSON object, streamed', body: Export } },
    problems: ['account_not_found', 'account_banned'],
    handle: async (input) => {
      const body = Readable.from(await exportData(callerOf(input)));
      const headers = {
        ...NO_STORE,
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': 'attachment; filename="laurel-export.json"',
      };
      return reply(200, body, headers);
    },
  });
  return [read];
}
