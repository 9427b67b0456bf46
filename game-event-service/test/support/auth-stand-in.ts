import amqp from 'amqplib';
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { assertContract } from './contracts.ts';
import { needed } from './environment.ts';

const Request = z.looseObject({
  id: z.string(),
  type: z.enum([
    'laurel.reward.requested.v1',
    'laurel.reward.cancelled.v1',
    'laurel.reward.revoke-requested.v1',
  ]),
  data: z.looseObject({
    claimId: z.string(),
    grantId: z.string(),
    revokeId: z.string().optional(),
    accountId: z.string(),
  }),
});
/** A message as game-event-service sent it. */
export type RewardMessage = z.output<typeof Request>;

/** The decision about a request; undefined keeps silent. */
export type Decide = (message: RewardMessage) => Decision | undefined;
export type Decision = 'granted' | RefusalCode | 'revoked' | 'insufficient_balance';
export type RefusalCode = 'account_banned' | 'account_deleted' | 'account_unknown' | 'cancelled';

export interface AuthStandIn extends AsyncDisposable {
  /** Every message that was received, with any decision. */
  received: RewardMessage[];
  /** Ledger entries by grant id: what accounts really own. */
  ledger: Map<string, string>;
  /** Reversals by grant id. */
  reversals: Map<string, string>;
  decide: Decide;
  /** Decides and answers later what was received in silence. */
  answer(message: RewardMessage, decision: Decision): Promise<void>;
  /** Sends every answer given so far once more, in another order and with new message ids where `again` says so. */
  repeatAnswers(ids: 'same' | 'new'): Promise<void>;
  /** Publishes an account event, such as `registered`. */
  account(what: string, data: object): Promise<void>;
}

interface Published {
  exchange: string;
  type: string;
  routingKey: string;
  data: object;
  id: string;
}

/** Every grant is granted, and every revoke is made. */
export const agree: Decide = ({ type }) =>
  type === 'laurel.reward.revoke-requested.v1' ? 'revoked' : 'granted';

/**
 * Speaks for auth-service over RabbitMQ: keeps one decision per grant id, and per revoke id, first come first
 * served, and answers every message about it with that decision.
 */
export async function startAuthStandIn(decide: Decide = agree): Promise<AuthStandIn> {
  const connection = await amqp.connect(needed('RABBITMQ_URL'));
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange('laurel.rewards', 'topic', { durable: true });
  await channel.assertExchange('laurel.accounts', 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'laurel.rewards', 'reward.requested');
  await channel.bindQueue(queue, 'laurel.rewards', 'reward.cancelled');
  await channel.bindQueue(queue, 'laurel.rewards', 'reward.revoke-requested');
  const decisions = new Map<string, Decision>();
  const answers: Published[] = [];

  async function publish({ exchange, type, routingKey, data, id }: Published): Promise<void> {
    const event = {
      specversion: '1.0',
      id,
      source: 'auth-service',
      type,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data,
    };
    const options = { persistent: true, messageId: id, contentType: 'application/cloudevents+json' };
    await new Promise<void>((resolve, reject) => {
      channel.publish(exchange, routingKey, Buffer.from(JSON.stringify(event)), options, (error: unknown) => {
        if (error) reject(new Error('RabbitMQ has not taken the message', { cause: error }));
        else resolve();
      });
    });
  }

  function resultOf({ type, data: { grantId } }: RewardMessage, decision: Decision): [string, object] {
    if (decision === 'granted') {
      const ledgerEntryId = entryIn(standIn.ledger, grantId);
      return ['granted', { ledgerEntryId, grantedAt: new Date().toISOString() }];
    }
    if (decision === 'revoked') return ['revoked', { ledgerEntryId: entryIn(standIn.reversals, grantId) }];
    const outcome = type === 'laurel.reward.revoke-requested.v1' ? 'revoke-refused' : 'refused';
    return [outcome, { code: decision }];
  }

  const standIn: AuthStandIn = {
    received: [],
    ledger: new Map(),
    reversals: new Map(),
    decide,
    answer: async (message, wanted) => {
      const key = decisionKey(message);
      const decision = decisions.get(key) ?? wanted;
      decisions.set(key, decision);
      const [outcome, result] = resultOf(message, decision);
      const { claimId, grantId, revokeId, accountId } = message.data;
      const answer = {
        exchange: 'laurel.rewards',
        type: `laurel.reward.${outcome}.v1`,
        routingKey: `reward.${outcome}`,
        data: { claimId, grantId, ...(revokeId !== undefined && { revokeId }), accountId, ...result },
        id: randomUUID(),
      };
      answers.push(answer);
      await publish(answer);
    },
    repeatAnswers: async (ids) => {
      for (const answer of answers.toReversed())
        await publish(ids === 'same' ? answer : { ...answer, id: randomUUID() });
    },
    account: (what, data) =>
      publish({
        exchange: 'laurel.accounts',
        type: `laurel.account.${what}.v1`,
        routingKey: `account.${what}`,
        data,
        id: randomUUID(),
      }),
    [Symbol.asyncDispose]: () => connection.close(),
  };

  await channel.consume(
    queue,
    (message) => {
      if (!message) return;
      const request = Request.parse(JSON.parse(message.content.toString()));
      assertContract(request.type, request);
      standIn.received.push(request);
      const decision = decisions.get(decisionKey(request)) ?? standIn.decide(request);
      if (decision) void standIn.answer(request, decision);
    },
    { noAck: true },
  );
  return standIn;
}

const decisionKey = ({ data: { grantId, revokeId } }: RewardMessage): string => revokeId ?? grantId;

function entryIn(entries: Map<string, string>, grantId: string): string {
  const entry = entries.get(grantId) ?? `led_${randomBytes(16).toString('base64url')}`;
  entries.set(grantId, entry);
  return entry;
}
