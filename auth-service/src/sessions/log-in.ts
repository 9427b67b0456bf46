import type { RequestOrigin } from 'service-kit/audit';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { Audited } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock } from 'service-kit/service';
import type { CountNewSession } from '../limits/new-sessions.ts';
import type { CheckPassword } from '../limits/password-checks.ts';
import { refusal } from '../http/refusal.ts';
import type { Logins } from './logins.ts';
import type { CapSessions } from './session-cap.ts';
import type { SessionIssuer, Tokens } from './session-issuer.ts';

export interface Credentials {
  username: string;
  password: string;
}

export type LogIn = (
  credentials: Credentials,
  origin: RequestOrigin,
) => Promise<{ account: Account; tokens: Tokens }>;

export interface LogInDeps {
  accounts: Pick<AccountStore, 'find' | 'findByUsername'>;
  /** Records in the trail what is done; what is refused is `audited`'s. */
  logins: Pick<Logins, 'submit'>;
  issuer: SessionIssuer;
  checkPassword: CheckPassword;
  countNewSession: CountNewSession;
  capSessions: CapSessions;
  audited: Audited;
  clock: Clock;
}

/**
 * Opens a session for a caller with the right password. A wrong password, an unknown name and a deleted account give
 * the same answer at the same cost. Only a caller with the password learns that the account is banned.
 */
export function logIn(deps: LogInDeps): LogIn {
  const { accounts, logins, issuer, checkPassword, audited, clock } = deps;
  const { countNewSession, capSessions } = deps;

  return async ({ username, password }, origin) => {
    const found = await accounts.findByUsername(username);
    const known = found && found.status !== 'deleted' ? found : undefined;
    const whom = found ? { accountId: found.id } : { username };
    return await audited({ action: 'log-in', by: somebodyAt(origin), ...whom }, async () => {
      const { address } = origin;
      const passwordHash = known?.passwordHash;
      const uncount = await countNewSession.from(address);
      const tried = { username, password, passwordHash, address };
      const matches = await checkPassword(tried).catch(async (error: unknown) => {
        await uncount();
        throw error;
      });
      // Wrong passwords have a limit of their own.
      if (!matches) await uncount();
      if (!known || !matches) throw refusal('invalid_credentials');
      if (known.status === 'banned') throw refusal('account_banned');
      await countNewSession.of(known.id);

      const now = clock();
      const { session, refreshToken } = issuer.open(known, origin, now);
      const account = await logins.submit({ account: known, session, origin });
      if (!account) throw await whyNot(known.id);
      await capSessions(account, origin.traceparent);
      return { account, tokens: issuer.tokensFor(account, refreshToken, now) };
    });
  };

  /** The account was banned, deleted or given another password while this one was being checked. */
  async function whyNot(id: string): Promise<Error> {
    const account = await accounts.find(id);
    return refusal(account?.status === 'banned' ? 'account_banned' : 'invalid_credentials');
  }
}
