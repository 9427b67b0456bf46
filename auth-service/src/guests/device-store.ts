import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';

interface DeviceDocument {
  /** The key of the device, by {@link DeviceKeyOf}. */
  _id: string;
  accountId: string;
  /** How often a restored guest came back to it. */
  kept: number;
}

/** Which account each device opened last. */
export interface DeviceStore {
  findAccountId(device: string, session?: ClientSession): Promise<string | undefined>;
  assign(device: string, accountId: string, session: ClientSession): Promise<void>;
  /**
   * Makes sure that an account still has its device when the transaction commits: it writes to it, so that it
   * cannot be assigned to another account at the same time.
   *
   * @returns false when it has none
   */
  keep(accountId: string, session: ClientSession): Promise<boolean>;
  forget(accountId: string, session: ClientSession): Promise<void>;
}

export const deviceIndexes: IndexSpec[] = [{ collection: 'devices', indexes: [{ key: { accountId: 1 } }] }];

export function createDeviceStore(db: Db): DeviceStore {
  const devices = db.collection<DeviceDocument>('devices');

  return {
    findAccountId: async (device, session) =>
      (await devices.findOne({ _id: device }, { ...(session && { session }) }))?.accountId,
    assign: async (device, accountId, session) => {
      await devices.replaceOne({ _id: device }, { accountId, kept: 0 }, { session, upsert: true });
    },
    keep: async (accountId, session) => {
      const { matchedCount } = await devices.updateOne({ accountId }, { $inc: { kept: 1 } }, { session });
      return matchedCount === 1;
    },
    forget: async (accountId, session) => {
      await devices.deleteMany({ accountId }, { session });
    },
  };
}
