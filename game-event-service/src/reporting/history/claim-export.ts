import type { Claim } from '../../claims/claim.ts';

export const EXPORT_FORMATS = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};
export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** What leaves of a claim; the code of a coupon never does. */
const COLUMNS = {
  id: ({ id }) => id,
  eventId: ({ eventId }) => eventId,
  eventVersion: ({ eventVersion }) => eventVersion,
  rewardId: ({ rewardId }) => rewardId,
  accountId: ({ accountId }) => accountId,
  period: ({ period }) => period,
  status: ({ status }) => status,
  attempt: ({ attempt }) => attempt,
  reason: ({ reason }) => reason,
  kind: ({ reward }) => reward.kind,
  asset: ({ reward }) => reward.asset,
  quantity: ({ reward }) => reward.quantity,
  ledgerEntryId: ({ ledgerEntryId }) => ledgerEntryId,
  createdAt: ({ createdAt }) => createdAt.toISOString(),
  completedAt: ({ completedAt }) => completedAt?.toISOString(),
} as const satisfies Record<string, (claim: Claim) => string | number | undefined>;

const PIECE_CHARACTERS = 65_536;

/** The text of an export, in pieces of many rows. Rows are asked for as pieces are. */
export async function* exportText(
  claims: AsyncIterable<Claim>,
  format: ExportFormat,
): AsyncGenerator<string, void, undefined> {
  const lineOf = format === 'csv' ? csvLine : jsonLine;
  if (format === 'csv') yield csvRow(Object.keys(COLUMNS));
  let piece = '';
  for await (const claim of claims) {
    piece += lineOf(claim);
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

const csvLine = (claim: Claim): string => csvRow(Object.values(COLUMNS).map((valueOf) => valueOf(claim)));

function csvRow(values: readonly (string | number | undefined)[]): string {
  return `${values.map((value) => csvCell(String(value ?? ''))).join(',')}\r\n`;
}

/**
 * A cell in the form of RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe first, which
 * makes it text there (OWASP, CSV injection).
 */
export function csvCell(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine(claim: Claim): string {
  const values = Object.entries(COLUMNS).map(([name, valueOf]) => [name, valueOf(claim)]);
  return `${JSON.stringify(Object.fromEntries(values))}\n`;
}
