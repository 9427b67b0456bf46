import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  defineEndpoint,
  DomainError,
  EtagHeader,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  reply,
  type Endpoint,
} from 'service-kit/http';
import type { Identity } from 'service-kit/identity';
import { z } from 'zod';
import type { Clock } from 'service-kit/service';
import { EventId } from '../events/event-schema.ts';
import type { EventStore } from '../events/event-store.ts';
import { isVisibleTo } from '../events/event-visibility.ts';
import type { CreateReward } from './create-reward.ts';
import type { RewardChanges } from './change-rewards.ts';
import {
  RewardId,
  RewardInput,
  RewardPatch,
  RewardResponse,
  rewardTag,
  toRewardResponse,
} from './reward-schema.ts';
import type { RewardStore } from './reward-store.ts';
import type { Reward } from './reward.ts';
import type { StockStore } from './stock-store.ts';

type Stock = Pick<StockStore, 'figuresOf'>;

export interface RewardRoutesDeps {
  createReward: CreateReward;
  rewardChanges: RewardChanges;
  events: Pick<EventStore, 'find'>;
  rewards: Pick<RewardStore, 'find' | 'list'>;
  stock: Stock;
  clock: Clock;
}

const tag = 'rewards';
const params = z.object({ eventId: EventId });
const MadeHeaders = EtagHeader.extend({
  location: z.string().meta({ description: 'Where the reward can be read' }),
});

export function rewardRoutes(deps: RewardRoutesDeps): Endpoint[] {
  return [createRoute(deps), listRoute(deps), readRoute(deps), updateRoute(deps), deleteRoute(deps)];
}

const createRoute = ({ createReward, stock }: RewardRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/events/{eventId}/rewards',
    operationId: 'createReward',
    summary: 'Add a reward to an event',
    tag,
    access: { roles: ['OPERATOR'] },
    idempotencyKey: 'optional',
    request: { params, body: RewardInput },
    responses: { 201: { description: 'The reward', body: RewardResponse, headers: MadeHeaders } },
    problems: ['not_found', 'event_in_use'],
    handle: async (input) => {
      const {
        params: { eventId },
        body,
      } = input;
      const reward = await createReward(eventId, body, callerOf(input));
      return reply(201, await withFigures(reward, stock), {
        location: `/v1/events/${eventId}/rewards/${reward.id}`,
        etag: rewardTag(reward),
      });
    },
  });

const listRoute = (deps: RewardRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/events/{eventId}/rewards',
    operationId: 'listRewards',
    summary: 'List the rewards of an event with their stock, oldest first',
    tag,
    access: 'signed-in',
    request: { params, query: z.object(listQuery) },
    responses: { 200: { description: 'A page of rewards', body: pageSchema(RewardResponse) } },
    problems: ['not_found', 'invalid_cursor'],
    handle: async ({ params: { eventId }, query, identity, request }) => {
      await assertVisible(eventId, identity, deps);
      const { items, nextCursor } = await readPage(query, {
        ...byCreation,
        filters: { eventId },
        read: (after, limit) => deps.rewards.list({ eventId, after, limit }),
      });
      return pageReply(request.originalUrl, { items: await allWithFigures(items, deps.stock), nextCursor });
    },
  });

const readRoute = (deps: RewardRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/events/{eventId}/rewards/{rewardId}',
    operationId: 'readReward',
    summary: 'Read a reward with its stock',
    description:
      'The ETag is the version of the reward, for `If-Match`. The counts (`available`, `reserved`, `granted`) change without it, so the answer is never 304.',
    tag,
    access: 'signed-in',
    conditional: 'read-whole',
    request: { params: params.extend({ rewardId: RewardId }) },
    responses: { 200: { description: 'The reward', body: RewardResponse, headers: EtagHeader } },
    problems: ['not_found'],
    handle: async ({ params: { eventId, rewardId }, identity }) => {
      await assertVisible(eventId, identity, deps);
      const reward = await deps.rewards.find(eventId, rewardId);
      if (!reward) throw new DomainError('not_found', 'The event has no such reward');
      return reply(200, await withFigures(reward, deps.stock), { etag: rewardTag(reward) });
    },
  });

const updateRoute = ({ rewardChanges, stock }: RewardRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'PATCH',
    path: '/v1/events/{eventId}/rewards/{rewardId}',
    operationId: 'updateReward',
    summary: 'Change a reward',
    description:
      'Until the event starts all fields may change; while it runs only name, active, attributes and stock. Stock may be raised at any time, and lowered at most to the reserved and granted units.',
    tag,
    access: { roles: ['OPERATOR'] },
    conditional: 'change',
    request: { params: params.extend({ rewardId: RewardId }), body: RewardPatch },
    responses: { 200: { description: 'The reward as it is now', body: RewardResponse, headers: EtagHeader } },
    problems: ['not_found', 'event_in_use', 'event_active', 'stock_in_use'],
    handle: async (input) => {
      const {
        params: { eventId, rewardId },
        body,
        preconditions,
      } = input;
      const reward = await rewardChanges.update(eventId, rewardId, body, callerOf(input), preconditions);
      return reply(200, await withFigures(reward, stock), { etag: rewardTag(reward) });
    },
  });

const deleteRoute = ({ rewardChanges }: RewardRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/events/{eventId}/rewards/{rewardId}',
    operationId: 'deleteReward',
    summary: 'Delete a reward of an event that has not started',
    tag,
    access: { roles: ['OPERATOR'] },
    conditional: 'change',
    request: { params: params.extend({ rewardId: RewardId }) },
    responses: { 204: { description: 'It was deleted' } },
    problems: ['not_found', 'event_in_use'],
    handle: async (input) => {
      const {
        params: { eventId, rewardId },
        preconditions,
      } = input;
      await rewardChanges.remove(eventId, rewardId, callerOf(input), preconditions);
      return reply(204);
    },
  });

async function assertVisible(
  eventId: string,
  identity: Identity,
  { events, clock }: Pick<RewardRoutesDeps, 'events' | 'clock'>,
): Promise<void> {
  const event = await events.find(eventId);
  if (!event || !isVisibleTo(identity, event, clock()))
    throw new DomainError('not_found', 'There is no such event');
}

async function allWithFigures(rewards: readonly Reward[], stock: Stock): Promise<RewardResponse[]> {
  const figures = await stock.figuresOf(rewards);
  return rewards.map((reward) => toRewardResponse(reward, figures.get(reward.id)));
}

async function withFigures(reward: Reward, stock: Stock): Promise<RewardResponse> {
  const figures = await stock.figuresOf([reward]);
  return toRewardResponse(reward, figures.get(reward.id));
}
