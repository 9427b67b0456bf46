import { defineEndpoint, DomainError, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { isStaff } from '../../http/is-staff.ts';
import type { Clock } from 'service-kit/service';
import { EventId } from '../../catalog/events/event-schema.ts';
import { isVisibleTo } from '../../catalog/events/event-visibility.ts';
import { EligibilityResponse } from '../../claims/claim-schema.ts';
import type { ReadEligibility } from './read-eligibility.ts';

export function eligibilityRoutes(deps: { readEligibility: ReadEligibility; clock: Clock }): Endpoint[] {
  const { readEligibility, clock } = deps;
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/events/{eventId}/eligibility',
      operationId: 'readEligibility',
      summary: 'Explain whether an account may claim, and what is missing',
      description: 'Players ask about themselves; OPERATOR and AUDITOR about any account (`accountId`).',
      tag: 'claims',
      access: 'signed-in',
      request: {
        params: z.object({ eventId: EventId }),
        query: z.object({ accountId: z.string().min(1).max(128).optional() }),
      },
      responses: { 200: { description: 'The answer that a claim would get now', body: EligibilityResponse } },
      problems: ['not_found'],
      handle: async ({ params: { eventId }, query, identity }) => {
        const accountId = query.accountId ?? identity.userId;
        const isOwn = accountId === identity.userId;
        if (!isOwn && !isStaff(identity)) throw new DomainError('forbidden', 'Your role does not allow this');
        const eligibility = await readEligibility({
          eventId,
          accountId,
          isStaff: isOwn && isStaff(identity),
          isVisible: (event) => isVisibleTo(identity, event, clock()),
        });
        return reply(200, eligibility);
      },
    }),
  ];
}
