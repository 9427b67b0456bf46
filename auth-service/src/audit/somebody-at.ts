import type { Caller, RequestOrigin } from 'service-kit/audit';

/** Somebody of whom nothing is known but where they are. */
export const somebodyAt = (origin: RequestOrigin): Caller => ({
  kind: 'anonymous',
  id: '',
  roles: [],
  sessionId: '',
  origin,
});
