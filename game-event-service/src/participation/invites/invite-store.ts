import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { NEWEST_FIRST, olderThan } from '../../database/newest-first.ts';
import type { CreationPosition } from 'service-kit/http';
import { MOST_SHOWN, type Acceptance, type Invite, type Participant } from './invite.ts';

interface InviteDocument extends Omit<Invite, 'code'> {
  /** The code. */
  _id: string;
}

interface ParticipantDocument extends Participant {
  /** The account's id. */
  _id: string;
}

export interface InviteStore {
  insert(invite: Invite, session: ClientSession): Promise<void>;
  /** @returns what is known, by code */
  findAll(codes: readonly string[], session: ClientSession): Promise<Map<string, Invite>>;
  /** Those that an account made, the newest first. */
  list(query: { inviterId: string; after?: CreationPosition | undefined; limit: number }): Promise<Invite[]>;
  /** @returns what is known, by account id */
  participantsAmong(ids: readonly string[], session: ClientSession): Promise<Map<string, Participant>>;
  saveMade(accountId: string, made: Required<Participant>['made'], session: ClientSession): Promise<void>;
  saveAcceptances(acceptances: readonly Acceptance[], session: ClientSession): Promise<void>;
}

export const inviteIndexes: IndexSpec[] = [
  { collection: 'invites', indexes: [{ key: { inviterId: 1, createdAt: -1, _id: -1 } }] },
  { collection: 'inviteParticipants', indexes: [] },
];

export function createInviteStore(db: Db): InviteStore {
  const invites = db.collection<InviteDocument>('invites');
  const participants = db.collection<ParticipantDocument>('inviteParticipants');

  return {
    insert: async ({ code, ...fields }, session) => {
      await invites.insertOne({ _id: code, ...fields }, { session });
    },
    findAll: async (codes, session) => {
      const found = await invites.find({ _id: { $in: [...codes] } }, { session }).toArray();
      return new Map(found.map((document) => [document._id, fromDocument(document)]));
    },
    list: async ({ inviterId, after, limit }) => {
      const beyond = olderThan<InviteDocument>(after);
      const found = await invites
        .find({ $and: [{ inviterId }, beyond] }, { sort: NEWEST_FIRST, limit })
        .toArray();
      return found.map(fromDocument);
    },
    participantsAmong: async (ids, session) => {
      const found = await participants.find({ _id: { $in: [...ids] } }, { session }).toArray();
      return new Map(found.map(({ _id, ...participant }) => [_id, participant]));
    },
    saveMade: async (accountId, made, session) => {
      await participants.updateOne({ _id: accountId }, { $set: { made } }, { session, upsert: true });
    },
    // Both sides are written, so that an acceptance conflicts with every other one that its rules depend on.
    saveAcceptances: async (acceptances, session) => {
      await participants.bulkWrite(
        acceptances.flatMap(({ accountId, ...invitedBy }) => [
          { updateOne: { filter: { _id: accountId }, update: { $set: { invitedBy } }, upsert: true } },
          {
            updateOne: {
              filter: { _id: invitedBy.inviterId },
              update: { $inc: { brought: 1 } },
              upsert: true,
            },
          },
        ]),
        { session, ordered: false },
      );
      await invites.bulkWrite(
        acceptances.map(({ code, accountId, at }) => ({
          updateOne: {
            filter: { _id: code },
            update: {
              $inc: { accepted: 1 },
              $push: { latest: { $each: [{ accountId, at }], $position: 0, $slice: MOST_SHOWN } },
            },
          },
        })),
        { session },
      );
    },
  };
}

function fromDocument({ _id, ...fields }: InviteDocument): Invite {
  return { code: _id, ...fields };
}
