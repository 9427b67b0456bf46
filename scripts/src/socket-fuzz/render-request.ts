import { fromGateway, withToken, type Caller, type Identity } from '../fuzz/caller.ts';
import { identityOf, type Person } from '../fuzz/people.ts';
import { type ServiceName, serviceNames } from '../repository/packages.ts';
import type { PlannedRequest, Target, Who } from './sequence.ts';

/** The users with accounts. */
export type Cast = Readonly<Record<'alice' | 'bob' | 'auditor', Person>>;

/** Writes a planned request with the headers of its sender, at the time it is sent: signatures are good for a minute. */
export type Render = (request: PlannedRequest) => Buffer;

const NOBODY: Identity = { userId: '', sessionId: '', roles: [], scopes: [] };

/** @param secrets with which the gateway signs for each service */
export function rendererOf(target: Target, cast: Cast, secrets: Readonly<Record<string, string>>): Render {
  const callerOf = (who: Who): Caller | undefined => {
    const key = secrets[target];
    if (key !== undefined) {
      const called = {
        service: target,
        secret: who === 'stranger' ? 'no secret of anybody' : key,
      };
      const isKnown = who !== 'nobody' && who !== 'stranger';
      return fromGateway(called, isKnown ? identityOf(cast[who].token) : NOBODY);
    }
    if (who === 'nobody') return undefined;
    return withToken(who === 'stranger' ? FORGED : cast[who].token);
  };

  return ({ method, target: path, version, headers, who, body }) => {
    const ofSender = Object.entries(callerOf(who)?.(method, path) ?? {});
    const lines = [...headers, ...ofSender].map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n${body}`, 'latin1');
  };
}

/** A token with a forged signature. */
const FORGED = [{ alg: 'ES256', kid: 'nobody' }, { sub: 'nobody' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('c2lnbmF0dXJl')
  .join('.');

export const serviceOfTarget = (target: string): ServiceName => {
  const [service = ''] = target.split('/');
  return serviceNames.find((name) => name === service) ?? 'api-gateway';
};
