import type { CreationPosition } from 'service-kit/http';
import type { ClientSession, Db, WithId } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { NEWEST_FIRST, olderThan } from '../database/newest-first.ts';
import type { ServiceClient } from './client.ts';
import type { Scope } from '../tokens/scope.ts';

type ClientDocument = Omit<ServiceClient, 'id' | 'scopes'> & { _id: string; scopes: Scope[] };

export interface ClientStore {
  insert(client: ServiceClient, session: ClientSession): Promise<void>;
  update(client: ServiceClient, session: ClientSession): Promise<void>;
  find(id: string, session?: ClientSession): Promise<ServiceClient | undefined>;
  /** Newest first. */
  list(after: CreationPosition | undefined, limit: number): Promise<ServiceClient[]>;
  /**
   * Ends all access tokens of a client.
   *
   * @returns the version of its tokens from now on; undefined when there is no such client
   */
  raiseTokenVersion(id: string, session: ClientSession): Promise<number | undefined>;
  /** @returns the client as it was; undefined when there was none */
  remove(id: string, session: ClientSession): Promise<ServiceClient | undefined>;
}

export const clientIndexes: IndexSpec[] = [
  { collection: 'clients', indexes: [{ key: { createdAt: -1, _id: -1 } }] },
];

export function createClientStore(db: Db): ClientStore {
  const clients = db.collection<ClientDocument>('clients');

  return {
    insert: async (client, session) => {
      await clients.insertOne(documentOf(client), { session });
    },
    update: async (client, session) => {
      const { _id, ...fields } = documentOf(client);
      await clients.updateOne({ _id }, { $set: fields }, { session });
    },
    find: async (id, session) => clientOf(await clients.findOne({ _id: id }, { session })),
    list: async (after, limit) => {
      const found = await clients
        .find(olderThan<ClientDocument>(after), { sort: NEWEST_FIRST, limit })
        .toArray();
      return found.map(toClient);
    },
    raiseTokenVersion: async (id, session) => {
      const raised = await clients.findOneAndUpdate(
        { _id: id },
        { $inc: { tokenVersion: 1 } },
        { session, returnDocument: 'after', projection: { tokenVersion: 1 } },
      );
      return raised?.tokenVersion;
    },
    remove: async (id, session) => clientOf(await clients.findOneAndDelete({ _id: id }, { session })),
  };
}

function documentOf({ id, scopes, ...client }: ServiceClient): ClientDocument {
  return { _id: id, ...client, scopes: [...scopes] };
}

function clientOf(document: WithId<ClientDocument> | null): ServiceClient | undefined {
  return document ? toClient(document) : undefined;
}

function toClient({ _id, ...client }: WithId<ClientDocument>): ServiceClient {
  return { id: _id, ...client };
}
