import { Readable } from 'node:stream';
import { callerOf } from 'service-kit/audit';
import { defineEndpoint, type Endpoint, reply, Time } from 'service-kit/http';
import { z } from 'zod';
import type { Audit } from '../../audit/audit.ts';
import { EventId } from '../../catalog/events/event-schema.ts';
import type { Clock } from 'service-kit/service';
import { EXPORT_FORMATS, exportText, type ExportFormat } from './claim-export.ts';
import type { ClaimStore } from '../../claims/claim-store.ts';
import { CLAIM_STATUSES } from '../../claims/claim.ts';

export interface ClaimExportDeps {
  claims: Pick<ClaimStore, 'stream'>;
  audit: Pick<Audit, 'seen'>;
  clock: Clock;
}

export function claimExportRoutes({ claims, audit, clock }: ClaimExportDeps): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/claims/export',
      operationId: 'exportClaims',
      summary: 'Export the history of claims, oldest first',
      description:
        'The format is `text/csv` with a header (RFC 4180; cells that a spreadsheet would read as a formula begin with an apostrophe), or `application/x-ndjson`. The export is streamed and may have any length. An export that fails ends without its last chunk. Coupon codes are left out.',
      tag: 'claims',
      access: { roles: ['AUDITOR'] },
      request: {
        query: z.object({
          format: z.enum(['csv', 'ndjson']).default('csv'),
          accountId: z.string().min(1).max(128).optional(),
          status: z.enum(CLAIM_STATUSES).optional(),
          eventId: EventId.optional(),
          from: Time.optional().meta({ description: 'Created at this time or later' }),
          to: Time.optional().meta({ description: 'Created before this time; default: now' }),
        }),
      },
      responses: {
        200: { description: 'The claims', contentType: ['text/csv', 'application/x-ndjson'] },
      },
      handle: async (input) => {
        const { query, request } = input;
        const { format, to = clock(), ...filters } = query;
        const { accountId, ...others } = filters;
        const details = { ...others, format, to };
        await audit.seen({ action: 'export-claims', by: callerOf(input), accountId, details });
        const text = exportText(claims.stream({ ...filters, to }), format);
        // A piece at a time: what the client has not taken yet is not read from the store.
        const body = Readable.from(request.method === 'HEAD' ? [] : text, { highWaterMark: 1 });
        return reply(200, body, headersOf(format));
      },
    }),
  ];
}

const headersOf = (format: ExportFormat) => ({
  'content-type': EXPORT_FORMATS[format],
  'content-disposition': `attachment; filename="claims.${format}"`,
  'cache-control': 'no-store',
});
