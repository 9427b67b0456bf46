export { connectRedis, type RedisClient, type RedisConnection, type RedisOptions } from './connect-redis.ts';
