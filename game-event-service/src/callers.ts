import type { Identity } from 'service-kit/identity';

/** Whether the account has any role but USER; such an account cannot claim. */
export function isStaff({ roles }: Pick<Identity, 'roles'>): boolean {
  return roles.some((role) => role !== 'USER');
}
