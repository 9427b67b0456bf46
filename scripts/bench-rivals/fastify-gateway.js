// The same with Fastify: its own logger, helmet, JWT (which keeps tokens that it has checked) and proxy (undici).
import { createPublicKey } from 'node:crypto';
import fastifyHelmet from '@fastify/helmet';
import fastifyHttpProxy from '@fastify/http-proxy';
import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';

const { PORT, UPSTREAM, ISSUER, AUDIENCE, JWK } = process.env;
const key = createPublicKey({ key: JSON.parse(JWK), format: 'jwk' });
const app = Fastify({ logger: true });

await app.register(fastifyHelmet);
await app.register(fastifyJwt, {
  secret: { public: key.export({ type: 'spki', format: 'pem' }) },
  verify: { algorithms: ['ES256'], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: true },
});
await app.register(fastifyHttpProxy, {
  upstream: UPSTREAM,
  preHandler: (request, reply, next) => {
    request.jwtVerify((error) => {
      if (error || request.user.roles.includes('USER')) next(error);
      else reply.code(403).send();
    });
  },
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      'x-user-id': request.user.sub,
      'x-user-roles': request.user.roles.join(','),
    }),
  },
});
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
