import type { Module } from 'service-kit/service';
import type { Catalog } from '../../catalog/module.ts';
import { statsIndexes, type StatsStore } from '../stats-store.ts';
import { readStats } from './read-stats.ts';
import { statsRoutes } from './stats-routes.ts';

/** The figures of events. */
export function createStats({ events, rewards, stock }: Catalog, stats: StatsStore): Module {
  return {
    endpoints: statsRoutes({ readStats: readStats({ events, rewards, stock, stats }) }),
    indexes: statsIndexes,
  };
}
