import type { IncomingMessage, ServerResponse } from 'node:http';
import { callerOf } from 'service-kit/audit';
import { ClientGoneError, defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { EventId } from '../events/event-schema.ts';
import { RewardId } from '../rewards/reward-schema.ts';
import type { AddCodes } from './add-codes.ts';
import { CODE_FORMATS, readCodes, type CodeFormat } from './code-lines.ts';

const count = z.int().min(0);

export const AddedCodesResponse = z
  .object({
    added: count,
    duplicates: count.meta({
      description: 'Codes that the reward already has, or that the upload contains twice',
    }),
    invalid: count.meta({ description: 'Lines without a valid code' }),
  })
  .meta({ id: 'AddedCodes' });

export function codeRoutes({ addCodes }: { addCodes: AddCodes }): Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/v1/events/{eventId}/rewards/{rewardId}/codes',
      operationId: 'addCodes',
      summary: 'Add codes to a coupon',
      description:
        'The body is `text/csv` without a header, one code per line, or `application/x-ndjson`, one `{ "code" }` per line. It is in UTF-8, of any length and duration; an upload that is idle for a minute is aborted. A code has 1 to 128 characters without control characters. You can repeat an upload, also after it was interrupted: no code is added twice.',
      tag: 'rewards',
      access: { roles: ['OPERATOR'] },
      rawBody: Object.keys(CODE_FORMATS),
      request: { params: z.object({ eventId: EventId, rewardId: RewardId }) },
      responses: {
        200: { description: 'The number of added, duplicate and invalid lines', body: AddedCodesResponse },
      },
      problems: ['not_found', 'not_a_coupon', 'unsupported_media_type', 'service_unavailable'],
      handle: async (input) => {
        const { params, request, response } = input;
        const codes = atWork(response, readCodes(bytesOf(request), formatOf(request)));
        return reply(200, await addCodes({ ...params, codes }, callerOf(input)));
      },
    }),
  ];
}

/** @throws {DomainError} `unsupported_media_type` */
function formatOf({ headers }: IncomingMessage): CodeFormat {
  const refuse = (detail: string) => new DomainError('unsupported_media_type', detail);
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw refuse('Send the codes without content encoding');
  }
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const format = new Map(Object.entries(CODE_FORMATS)).get(type.trim());
  if (!format) throw refuse('Send text/csv or application/x-ndjson');
  for (const parameter of parameters) {
    if (/^\s*charset=/.test(parameter) && !/^\s*charset="?utf-8"?\s*$/.test(parameter)) {
      throw refuse('Send the codes in UTF-8');
    }
    if (/^\s*header=present\s*$/.test(parameter)) throw refuse('Send the codes without a header');
  }
  return format;
}

/**
 * Tells the client with a 102 for each batch that there is work left. Long after the last byte of an upload was sent,
 * hundreds of thousands of codes may wait in the buffers of its connection.
 */
async function* atWork<Batch>(
  response: ServerResponse,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    yield batch;
    response.writeProcessing();
  }
}

async function* bytesOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    // Left open when it is not read to its end: there is still an answer to be sent.
    const chunks: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    yield* chunks;
  } catch (error) {
    throw request.complete ? error : new ClientGoneError();
  }
}
