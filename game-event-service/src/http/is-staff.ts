/** Whether the account has any role but USER; such an account cannot claim. */
export function isStaff({ roles }: { roles: readonly string[] }): boolean {
  return roles.some((role) => role !== 'USER');
}
