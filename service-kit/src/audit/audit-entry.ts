import { ObjectId } from 'mongodb';
import { randomBytes } from 'node:crypto';
import type { Digest } from './digest.ts';

export interface AuditActor {
  kind: 'account' | 'client' | 'system' | 'anonymous';
  id?: string | undefined;
  /** Its roles at that time. */
  roles?: readonly string[] | undefined;
}

/** The subject of the action. A list or a search has no id. */
export interface AuditSubject {
  kind: string;
  id?: string | undefined;
}

/** The origin of a request. Address and device are personal data, and can be erased without breaking a seal. */
export interface AuditOrigin {
  address: string | null;
  device: string | null;
  requestId?: string | undefined;
  traceparent?: string | undefined;
}

/** JSON, up to 8 KiB. Never put secrets, tokens, passwords, bodies, names or e-mail addresses here. */
export type AuditDetails = Readonly<Record<string, unknown>>;

/** Who did what to whom, from where, why, and with which result. */
export interface AuditEntry {
  /** Name of the use case, from the service's list: `replace-roles`. */
  action: string;
  actor: AuditActor;
  subject: AuditSubject;
  result: 'done' | 'refused';
  /** The reason that staff gave, or the code of a refusal. */
  reason?: string | undefined;
  details?: AuditDetails | undefined;
  origin?: AuditOrigin | undefined;
}

/** An entry before its result is known. */
export type AuditAttempt = Omit<AuditEntry, 'result'>;

/** A stored entry, as lists return it. */
export interface RecordedEntry extends AuditEntry {
  id: string;
  at: Date;
  /** Number of its seal; null in its first second. */
  seal: number | null;
}

/** The stored document. Later only `seal` is set, and `origin` is removed when a person is erased. */
export interface EntryDocument extends Omit<AuditEntry, 'origin'> {
  /** Hexadecimal; begins with the time. */
  _id: string;
  at: Date;
  request?: { requestId?: string | undefined; traceparent?: string | undefined } | undefined;
  /** Without the salt, an erased address could be found by trying all addresses against `originHash`. */
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

/** Covers all stored fields except those that are set or erased later; also fields that were added later. */
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

/** The entry as the database returns it: no undefined, no dates, no lone surrogates. Otherwise its hash could not be checked. */
function plain(entry: AuditEntry): AuditEntry {
  const copy: AuditEntry = JSON.parse(JSON.stringify(entry), (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
  return copy;
}
