import type { Filter, WithId } from 'mongodb';
import type { RequestOrigin } from 'service-kit/audit';
import type { Account } from '../accounts/account.ts';
import { hashOf, type RefreshToken } from './refresh-token.ts';
import type { Kept, RevocationReason, Session } from './session.ts';

/** A session as it is stored. */
export type SessionDocument = Omit<Session, 'id' | 'epoch' | 'kept'> & {
  _id: string;
  /** Not there in sessions from before there were epochs. */
  epoch?: number | null;
  kept?: Kept | null;
  /** Id of the rotation that made the head; the first head has none. */
  rotation?: string;
};

export interface Rotation {
  /** Of this try, the same when it is repeated. */
  id: string;
  presented: RefreshToken;
  successor: RefreshToken;
  origin: RequestOrigin;
  now: Date;
  expiresAt: Date;
}

/** An account and its session epoch. */
export type SessionOwner = Pick<Account, 'id' | 'sessionEpoch'>;

/** Sessions from before there were epochs have none; they belong to the first. */
export const ofEpoch = ({ id, sessionEpoch }: SessionOwner): Filter<SessionDocument> => ({
  accountId: id,
  epoch: sessionEpoch === 0 ? { $in: [0, null] } : sessionEpoch,
});

export const revoking = (because: RevocationReason, now: Date): { $set: Partial<Session> } => ({
  $set: { revokedAt: now, revokedBecause: because },
});

export function sessionOf(document: WithId<SessionDocument> | null): Session | undefined {
  return document ? toSession(document) : undefined;
}

/** A rotation as a compare-and-swap. */
export function rotating({ id, presented, successor, origin, now, expiresAt }: Rotation) {
  return {
    updateOne: {
      filter: {
        _id: presented.sessionId,
        generation: presented.generation,
        tokenHash: hashOf(presented),
        revokedAt: null,
        expiresAt: { $gt: now },
      },
      update: {
        $set: {
          generation: successor.generation,
          tokenHash: hashOf(successor),
          rotation: id,
          rotatedAt: now,
          lastUsedAt: now,
          expiresAt,
          address: origin.address,
          device: origin.device,
        },
      },
    },
  };
}

export function documentOf({ id, ...session }: Session): SessionDocument {
  return { _id: id, ...session };
}

export function toSession(document: WithId<SessionDocument>): Session {
  const { _id, rotation: _, ...session } = document;
  return { id: _id, ...session, epoch: session.epoch ?? 0, kept: session.kept ?? null };
}
