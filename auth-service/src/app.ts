import { createApp, DomainError, openApiDocument, type AppOptions, type Endpoint } from 'service-kit/http';
import { isStoreUnavailable } from 'service-kit/mongo';
import {
  administrationRoutes,
  type AdministrationRoutesDependencies,
} from './accounts/administration-routes.ts';
import { accountRoutes, type AccountRoutesDependencies } from './accounts/account-routes.ts';
import { auditRoutes, type AuditRoutesDependencies } from './audit/audit-routes.ts';
import { meRoutes, type MeRoutesDependencies } from './accounts/me-routes.ts';
import { clientRoutes, type ClientRoutesDependencies } from './clients/client-routes.ts';
import { entitlementRoutes, type EntitlementRoutesDependencies } from './entitlements/entitlement-routes.ts';
import { orderRoutes, type OrderRoutesDependencies } from './entitlements/order-routes.ts';
import { oauthRoutes, type OAuthRoutesDependencies } from './oauth/oauth-routes.ts';
import { guestRoutes, type GuestRoutesDependencies } from './guests/guest-routes.ts';
import {
  passwordResetRoutes,
  type PasswordResetRoutesDependencies,
} from './password-resets/password-reset-routes.ts';
import type { ExportData } from './personal-data/export-data.ts';
import { exportRoutes } from './personal-data/export-routes.ts';
import { problems } from './problems.ts';
import { internalRoutes, type InternalRoutesDependencies } from './revocations/internal-routes.ts';
import { authRoutes, type AuthRoutesDependencies } from './sessions/auth-routes.ts';
import { sessionRoutes, type SessionRoutesDependencies } from './sessions/session-routes.ts';
import { jwksRoutes } from './tokens/jwks-routes.ts';
import type { PublicJwk } from './tokens/signing-key.ts';

export type RoutesDependencies = AuthRoutesDependencies &
  InternalRoutesDependencies &
  MeRoutesDependencies &
  SessionRoutesDependencies &
  AccountRoutesDependencies &
  AdministrationRoutesDependencies &
  GuestRoutesDependencies &
  PasswordResetRoutesDependencies &
  AuditRoutesDependencies &
  ClientRoutesDependencies &
  OAuthRoutesDependencies &
  EntitlementRoutesDependencies &
  OrderRoutesDependencies & { exportData: ExportData; publicKeys: () => PublicJwk[] };

export function endpointsOf(dependencies: RoutesDependencies): Endpoint[] {
  return [
    ...authRoutes(dependencies),
    ...guestRoutes(dependencies),
    ...passwordResetRoutes(dependencies),
    ...meRoutes(dependencies),
    ...exportRoutes(dependencies.exportData),
    ...sessionRoutes(dependencies),
    ...entitlementRoutes(dependencies),
    ...orderRoutes(dependencies),
    ...accountRoutes(dependencies),
    ...administrationRoutes(dependencies),
    ...auditRoutes(dependencies),
    ...clientRoutes(dependencies),
    ...oauthRoutes(dependencies),
    ...jwksRoutes(dependencies.publicKeys),
    ...internalRoutes(dependencies),
  ];
}

export function apiDocument(endpoints: readonly Endpoint[]): object {
  return openApiDocument({
    title: 'auth-service',
    version: '1.0.0',
    description: 'Accounts, sessions, access tokens, and the ledger of what an account owns.',
    endpoints,
    problems,
  });
}

/** The HTTP side; the order of its checks is the kit's. */
export function createAuthApp(
  options: Pick<
    AppOptions,
    'logger' | 'metrics' | 'readiness' | 'verifyIdentity' | 'verifyInternalCall' | 'idempotencyKeys'
  > & {
    endpoints: readonly Endpoint[];
  },
): ReturnType<typeof createApp> {
  return createApp({
    ...options,
    service: 'auth-service',
    problems,
    openApi: apiDocument(options.endpoints),
    translateError: (error) => (isStoreUnavailable(error) ? storeIsAway() : undefined),
  });
}

function storeIsAway(): DomainError {
  return new DomainError('service_unavailable', 'The store is away; try again in a moment', {
    headers: { 'retry-after': '1' },
  });
}
