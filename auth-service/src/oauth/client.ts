import { NO_SECRET } from './client-secret.ts';
import type { Scope } from '../tokens/scope.ts';

/** A program that calls in its own name: a game server, a back office. Its id is the OAuth client id. */
export interface ServiceClient {
  id: string;
  name: string;
  scopes: readonly Scope[];
  secretHash: string;
  /** The previous secret, and until when it is valid; null if there is none. */
  previousSecret: { hash: string; validUntil: Date } | null;
  /** The `ver` of its access tokens: those with a lower one are no longer good. */
  tokenVersion: number;
  createdAt: Date;
}

export interface NewClient {
  id: string;
  name: string;
  scopes: readonly Scope[];
  secretHash: string;
}

export function openClient(given: NewClient, now: Date): ServiceClient {
  return { ...given, previousSecret: null, tokenVersion: 1, createdAt: now };
}

/**
 * Gives a client another secret. Its present secret stays valid for a while, so that its programs can change over one
 * after the other. The one before ends at once, so that there are never more than two.
 *
 * @param overlapMs how long the present secret stays valid, in milliseconds
 */
export function rotateSecret(
  client: ServiceClient,
  secretHash: string,
  overlapMs: number,
  now: Date,
): ServiceClient {
  const validUntil = new Date(now.getTime() + overlapMs);
  return { ...client, secretHash, previousSecret: { hash: client.secretHash, validUntil } };
}

/** Always two hashes, so that to compare with them takes the same time for every client, and for none. */
export function validHashes(client: ServiceClient | undefined, now: Date): [string, string] {
  const previous = client?.previousSecret;
  return [client?.secretHash ?? NO_SECRET, previous && previous.validUntil > now ? previous.hash : NO_SECRET];
}
