import { DomainError } from 'service-kit/http';
import { isAccount, type Identity } from 'service-kit/identity';
import { isStaff } from '../http/is-staff.ts';

const READ_SCOPE = 'claims:read';

/** An account may read its own claims; staff and clients with the scope may read everybody's. */
export function mayRead(identity: Identity, accountId: string): boolean {
  if (!isAccount(identity)) return identity.scopes.includes(READ_SCOPE);
  return identity.userId === accountId || isStaff(identity);
}

/**
 * Whose claims are to be listed.
 *
 * @param asked where the caller named an account
 * @throws {DomainError} `forbidden`; `invalid_request` for a client that names none, since it has no claims itself
 */
export function ownerOf(identity: Identity, asked: string | undefined): string {
  const accountId = asked ?? (isAccount(identity) ? identity.userId : undefined);
  if (!mayRead(identity, accountId ?? '')) {
    throw new DomainError('forbidden', 'Your role or scope does not allow this');
  }
  if (accountId !== undefined) return accountId;
  throw new DomainError('invalid_request', 'A client has to say whose claims it asks for', {
    members: { errors: [{ path: 'query.accountId', message: 'is needed' }] },
  });
}
