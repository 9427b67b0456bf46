import type { AuditTrail, Caller, RecordedEntry } from 'service-kit/audit';
import { toAccountView } from '../accounts/account-schemas.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { assertActive } from '../accounts/account.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { EntitlementStore } from '../ledger/entitlement-store.ts';
import type { Balance, LedgerEntry } from '../ledger/ledger.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Session } from '../sessions/session.ts';

/**
 * Everything that is kept about an account.
 *
 * @returns the text of a JSON object, in pieces
 * @throws refusals `account_not_found`, `account_banned`
 */
export type ExportData = (by: Caller) => Promise<AsyncIterable<string>>;

export interface ExportDataDeps {
  accounts: Pick<AccountStore, 'find'>;
  sessions: Pick<SessionStore, 'list'>;
  entitlements: Pick<EntitlementStore, 'balancesOf' | 'ledgerOf'>;
  trail: Pick<AuditTrail, 'list'>;
  audit: Pick<Audit, 'seen'>;
  clock: Clock;
}

const PAGE = 500;

/** Reads page by page while it is sent, so that it takes as little memory as it has no end. */
export function exportData(deps: ExportDataDeps): ExportData {
  const { accounts, sessions, entitlements, trail, audit, clock } = deps;

  return async (by) => {
    const accountId = by.id;
    const account = assertActive(await accounts.find(accountId));
    await audit.seen({ action: 'export-data', by, accountId });
    const head = {
      exportedAt: clock(),
      account: {
        ...toAccountView(account),
        statusReason: account.statusReason,
        lastLoginAt: account.lastLoginAt,
      },
    };
    const balances = everyOne((after: Balance | undefined, limit) =>
      entitlements.balancesOf(accountId, after, limit),
    );
    const ownSessions = everyOne((after: Session | undefined, limit) => sessions.list(account, after, limit));
    const ownLedger = everyOne((after: LedgerEntry | undefined, limit) =>
      entitlements.ledgerOf(accountId, after, limit),
    );
    const audited = everyOne((after: RecordedEntry | undefined, limit) =>
      trail.list({ subjectId: accountId }, after, limit),
    );
    return objectText(head, {
      entitlements: mapped(balances, ({ kind, asset, quantity }) => ({ kind, asset, quantity })),
      sessions: mapped(ownSessions, toExportedSession),
      ledger: mapped(ownLedger, toExportedEntry),
      audit: mapped(audited, (entry) => toExportedAuditEntry(entry, accountId)),
    });
  };
}

function toExportedSession(session: Session): object {
  const { id, device, address, createdAt, lastUsedAt, expiresAt, revokedAt, revokedBecause } = session;
  return { id, device, address, createdAt, lastUsedAt, expiresAt, revokedAt, revokedBecause };
}

function toExportedEntry(entry: LedgerEntry): object {
  const { id, grantId, kind, assetKind, asset, quantity, balanceAfter, reason, at } = entry;
  return { id, grantId, kind, assetKind, asset, quantity, balanceAfter, reason, at };
}

/** Who of the staff it was, and where they were, is theirs. */
function toExportedAuditEntry(entry: RecordedEntry, accountId: string): object {
  const { id, at, action, actor, result, reason, details, origin } = entry;
  const isOwn = actor.kind === 'anonymous' || actor.id === accountId;
  const by = actor.id === accountId ? 'me' : actor.kind;
  return { id, at, action, by, result, reason, details, ...(isOwn && { origin }) };
}

/** Goes through all pages; each item is the position after which the next page begins. */
async function* everyOne<Item>(
  page: (after: Item | undefined, limit: number) => Promise<Item[]>,
): AsyncGenerator<Item> {
  let items: Item[];
  let last: Item | undefined;
  do {
    items = await page(last, PAGE);
    yield* items;
    last = items.at(-1);
  } while (items.length === PAGE);
}

async function* mapped<From, To>(items: AsyncIterable<From>, to: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield to(item);
}

async function* objectText(
  head: object,
  lists: Record<string, AsyncIterable<object>>,
): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  for (const [name, items] of Object.entries(lists)) {
    yield `,${JSON.stringify(name)}:[`;
    let separator = '';
    for await (const item of items) {
      yield separator + JSON.stringify(item);
      separator = ',';
    }
    yield ']';
  }
  yield '}';
}
