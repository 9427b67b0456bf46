import { ObjectId } from 'mongodb';
import { randomBytes } from 'node:crypto';
import type { Digest } from './digest.ts';

export interface AuditActor {
  kind: 'account' | 'client' | 'system' | 'anonymous';
  id?: string | undefined;
  /** Which it held when it acted. */
  roles?: readonly string[] | undefined;
}

/** Whom or what it is about; without an id a list or a search. */
export interface AuditSubject {
  kind: string;
  id?: string | undefined;
}

/** Where a request came from. Address and device are personal data, and can be erased without breaking a seal. */
export interface AuditOrigin {
  address: string | null;
  device: string | null;
  requestId?: string | undefined;
  traceparent?: string | undefined;
}

/** JSON, up to 8 KiB. Never secrets, tokens, passwords, whole bodies, names or e-mail addresses. */
export type AuditDetails = Readonly<Record<string, unknown>>;

/** Who did what to whom, from where, why, and with which result. */
export interface AuditEntry {
  /** Named as the use case, out of the service's own list: `replace-roles`. */
  action: string;
  actor: AuditActor;
  subject: AuditSubject;
  result: 'done' | 'refused';
  /** What staff gave as the reason; of a refusal its code. */
  reason?: string | undefined;
  details?: AuditDetails | undefined;
  origin?: AuditOrigin | undefined;
}

/** What somebody tries to do: an entry before its result is known. */
export type AuditAttempt = Omit<AuditEntry, 'result'>;

/** An entry as it is read back. */
export interface RecordedEntry extends AuditEntry {
  id: string;
  at: Date;
  /** Number of the seal that covers it; null in its first second. */
  seal: number | null;
}

/** An entry as it is stored. Only `seal` is ever set later, and `origin` is removed when a person is erased. */
export interface EntryDocument extends Omit<AuditEntry, 'origin'> {
  /** Hexadecimal, begins with its time. */
  _id: string;
  at: Date;
  request?: { requestId?: string | undefined; traceparent?: string | undefined } | undefined;
  /** The salt keeps an erased address from being found by trying all of them against `originHash`. */
  origin?: { address: string | null; device: string | null; salt: string } | null | undefined;
  originHash?: string | undefined;
  hash: string;
  seal: number | null;
}

const LONGEST_DETAILS = 8_192;

/**
 * @throws {RangeError} when the details are larger than 8 KiB
 */
export function documentOf(entry: AuditEntry, at: Date, digest: Digest): EntryDocument {
  const { origin: where, ...what } = plain(entry);
  const size = JSON.stringify(what.details ?? {}).length;
  if (size > LONGEST_DETAILS) throw new RangeError(`details of ${entry.action} are ${size} characters long`);

  const sealed = { _id: new ObjectId().toHexString(), at, ...what };
  if (!where) return { ...sealed, hash: entryHash(sealed, digest), seal: null };
  const { address, device, ...request } = where;
  const origin = { address, device, salt: randomBytes(16).toString('base64url') };
  const originHash = digest('origin', origin);
  const located = { ...sealed, request, originHash };
  return { ...located, origin, hash: entryHash(located, digest), seal: null };
}

/** Over everything that is stored but what is set or erased later; also over fields that somebody has added. */
export function entryHash(document: object, digest: Digest): string {
  const { hash: _hash, seal: _seal, origin: _origin, ...covered } = { ...document } as Partial<EntryDocument>;
  return digest('entry', covered);
}

export function recordedEntry(document: EntryDocument): RecordedEntry {
  const { _id, at, action, actor, subject, result, reason, details, seal } = document;
  const { request, origin, originHash } = document;
  const where = originHash === undefined ? undefined : { address: null, device: null, ...request };
  return {
    id: _id,
    at,
    action,
    actor,
    subject,
    result,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    ...(where && { origin: { ...where, ...(origin && { address: origin.address, device: origin.device }) } }),
    seal,
  };
}

/** As the database gives it back: no undefined, no dates, no half characters. Otherwise the hash would not be met again. */
function plain(entry: AuditEntry): AuditEntry {
  const copy: AuditEntry = JSON.parse(JSON.stringify(entry), (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
  return copy;
}
