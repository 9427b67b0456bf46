import type { Registry } from '@prometheus-io/client';
import type { ClientSession, MongoClient } from 'mongodb';
import { createPeriodic, type Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { gaugeOf } from '../metrics/metrics.ts';
import { createLease } from '../mongo/index.ts';
import type { AuditCollections } from './audit-collections.ts';
import { sealOf, type SealDocument } from './audit-seal.ts';
import type { Digest } from './digest.ts';

export interface SealerOptions {
  client: MongoClient;
  collections: AuditCollections;
  digest: Digest;
  logger: Logger;
  metrics?: Registry | undefined;
  now: () => Date;
  /** How often to look for unsealed entries, in milliseconds. */
  everyMs: number;
  /** How long the lease of a killed sealer lasts, in milliseconds. */
  leaseMs: number;
  /** Maximum number of entries under one seal. */
  batch: number;
}

/**
 * Seals recorded entries. The sealers of all instances run side by side; the one with the lease works. The lease only saves
 * work; the unique number of a seal keeps the chain whole: each seal is one transaction, which reads the head, inserts the
 * seal with the next number and marks its entries. Of two sealers that read the same head, one is undone. An entry whose
 * transaction commits late gets a later seal.
 */
export function createSealer(options: SealerOptions): Required<Component> {
  const { client, collections, digest, logger, metrics, now, everyMs, leaseMs, batch } = options;
  const { entries, seals } = collections;
  const lease = createLease({ collection: collections.leases, id: 'sealer', leaseMs });
  const head = gaugeOf(metrics, {
    name: 'audit_head_number',
    help: 'Number of the last seal of this instance',
  });
  const periodic = createPeriodic({ name: 'audit sealer', everyMs, run: sealAll, logger });
  watchAge();

  function watchAge(): void {
    gaugeOf(metrics, {
      name: 'audit_unsealed_age_seconds',
      help: 'Age of the oldest unsealed audit entry',
      async collect() {
        const query = entries.find({ seal: null }, { projection: { at: 1 } }).sort({ _id: 1 });
        const oldest = await query
          .limit(1)
          .next()
          .catch(() => undefined);
        if (oldest !== undefined)
          this.set(oldest ? Math.max(0, now().getTime() - oldest.at.getTime()) / 1_000 : 0);
      },
    });
  }

  async function sealAll(): Promise<void> {
    while (await lease.take()) {
      if (!(await entries.findOne({ seal: null }, { projection: { _id: 1 } }))) return;
      const seal = await client.withSession((session) => session.withTransaction(() => sealBatch(session)));
      if (!seal) return;
      head?.set(seal._id);
      // An auditor who keeps these lines elsewhere can see that the end of the chain was cut off.
      logger.info('Sealed audit entries', { seal: seal._id, hash: seal.hash, entries: seal.entries.length });
    }
  }

  async function sealBatch(session: ClientSession): Promise<SealDocument | undefined> {
    const last = await seals.findOne({}, { session, sort: { _id: -1 }, projection: { hash: 1 } });
    const found = await entries
      .find({ seal: null }, { session, projection: { hash: 1 } })
      .sort({ _id: 1 })
      .limit(batch)
      .toArray();
    if (found.length === 0) return undefined;
    const covered = found.map(({ _id, hash }) => ({ id: _id, hash }));
    const seal = sealOf(covered, last, now(), digest);
    await seals.insertOne(seal, { session });
    const ids = found.map(({ _id }) => _id);
    await entries.updateMany({ _id: { $in: ids } }, { $set: { seal: seal._id } }, { session });
    return seal;
  }

  return {
    ...periodic,
    stop: async () => {
      await periodic.stop();
      // Seals the last entries, unless another instance holds the lease.
      await sealAll().catch((error: unknown) =>
        logger.warn('Audit entries not sealed; they wait', { error }),
      );
      await lease
        .release()
        .catch((error: unknown) => logger.debug('Lease not released; it ends by itself', { error }));
    },
  };
}
