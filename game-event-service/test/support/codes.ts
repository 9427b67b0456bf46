import { randomBytes } from 'node:crypto';
import type { Identity } from 'service-kit/identity';
import { AddedCodesResponse } from '../../src/catalog/coupons/code-routes.ts';
import { bodyOf, signedHeaders, type Answer } from './caller.ts';
import { activeEvent, operator } from './scenario.ts';
import type { RunningService } from './running-service.ts';

export interface Upload {
  as?: Identity;
  type?: string;
  headers?: Record<string, string>;
}

export const codesPath = ({ eventId, id }: { eventId: string; id: string }): string =>
  `/v1/events/${eventId}/rewards/${id}/codes`;

/** Sends a body of codes as it is, in the order in which a stream gives it. */
export async function sendCodes(
  url: string,
  target: string,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  { as = operator, type = 'text/csv', headers }: Upload = {},
): Promise<Answer> {
  const response = await fetch(url + target, {
    method: 'POST',
    headers: { 'content-type': type, ...signedHeaders(as, 'POST', target), ...headers },
    body,
    duplex: 'half',
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** An active event with one coupon, and these codes in its pool. */
export async function activeCoupon(
  { call, url }: RunningService,
  codes: readonly string[],
  event: object = {},
) {
  const made = await activeEvent(call, { event, reward: { kind: 'coupon', asset: 'voucher', quantity: 1 } });
  if (codes.length > 0) {
    bodyOf(await sendCodes(url, codesPath(made.reward), codes.join('\n')), 200, AddedCodesResponse);
  }
  return made;
}

export const newCodes = (count: number): string[] =>
  Array.from({ length: count }, () => `CODE-${randomBytes(9).toString('base64url')}`);

/** A body of so many pieces, made as they are asked for. */
export function piecesOf(count: number, piece: (index: number) => string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let index = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (index === count) controller.close();
      else controller.enqueue(encoder.encode(piece(index++)));
    },
  });
}
