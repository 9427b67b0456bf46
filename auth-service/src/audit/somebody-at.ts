import type { Caller, RequestOrigin } from 'service-kit/audit';

/** An unknown caller at an address. */
export const somebodyAt = (origin: RequestOrigin): Caller => ({
  kind: 'anonymous',
  id: '',
  roles: [],
  sessionId: '',
  origin,
});
