import { UserError } from '../console/user-error.ts';
import { MongoClient } from 'mongodb';
import type { BackingService } from './backing-services.ts';
import { brokerAnswers } from './rabbitmq-server.ts';
import { redisAnswers } from './redis-server.ts';

const LIMIT_MS = 10_000;

/** Waits for a backing service that was given by URL. This project neither starts nor stops it. */
export async function mustAnswer(service: BackingService): Promise<void> {
  try {
    await probe(service);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `${service.name} at ${withoutPassword(service.url)} (${service.source}) does not answer: ${reason}`,
      {
        cause,
      },
    );
  }
}

async function probe({ name, url }: BackingService): Promise<void> {
  switch (name) {
    case 'mongodb': {
      const client = new MongoClient(url, { serverSelectionTimeoutMS: LIMIT_MS });
      try {
        const hello = await client.db('admin').command({ hello: 1 });
        if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
          throw new Error('it is not a replica set, and transactions need one');
        }
      } finally {
        await client.close();
      }
      return;
    }
    case 'redis': {
      const { hostname, port } = new URL(url);
      await redisAnswers(Number(port || 6379), hostname);
      return;
    }
    case 'rabbitmq':
      await brokerAnswers(url, LIMIT_MS);
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^/@]*)@/, '//…@');
}
