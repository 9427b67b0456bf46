// A gateway as it is usually made with NestJS: helmet, a log line by winston, a check of the token, the caller's
// name in headers, http-proxy-middleware. It is given what many forget, kept connections and a parsed key; it signs
// nothing, knows of no revocation and limits nothing.
// oxlint-disable-next-line import/no-unassigned-import -- NestJS wants it loaded
import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { Agent } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import helmet from 'helmet';
import { createProxyMiddleware } from 'http-proxy-middleware';
import jwt from 'jsonwebtoken';
import winston from 'winston';

const { PORT, UPSTREAM, ISSUER, AUDIENCE, JWK } = process.env;
const key = createPublicKey({ key: JSON.parse(JWK), format: 'jwk' });
const logger = winston.createLogger({
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  transports: [new winston.transports.Console()],
});

function logRequest(request, response, next) {
  const startedAt = performance.now();
  response.on('finish', () => {
    const { method, path, user } = request;
    const durationMs = performance.now() - startedAt;
    logger.info('request', { method, path, status: response.statusCode, durationMs, userId: user?.sub });
  });
  next();
}

function authenticate(request, response, next) {
  try {
    const [, token] = (request.headers.authorization ?? '').split(' ');
    request.user = jwt.verify(token, key, { algorithms: ['ES256'], issuer: ISSUER, audience: AUDIENCE });
  } catch {
    response.status(401).json({ statusCode: 401, message: 'Unauthorized' });
    return;
  }
  if (!request.user.roles.includes('USER')) {
    response.status(403).json({ statusCode: 403, message: 'Forbidden' });
    return;
  }
  request.headers['x-user-id'] = request.user.sub;
  request.headers['x-user-roles'] = request.user.roles.join(',');
  next();
}

const proxy = createProxyMiddleware({
  target: UPSTREAM,
  agent: new Agent({ keepAlive: true, maxSockets: 512 }),
});

class GatewayModule {
  configure(consumer) {
    consumer.apply(logRequest, authenticate, proxy).forRoutes('/{*path}');
  }
}
Module({})(GatewayModule);

const app = await NestFactory.create(GatewayModule, { bodyParser: false, logger: false });
app.use(helmet());
await app.listen(Number(PORT), '127.0.0.1');
