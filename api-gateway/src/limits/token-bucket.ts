/** How many requests a bucket lets pass: so many at once, then one every `windowSeconds / limit` seconds. */
export interface BucketSize {
  limit: number;
  windowSeconds: number;
}

export interface Taken {
  allowed: boolean;
  /** How many more would be allowed now. */
  remaining: number;
  /** After how many milliseconds one more will be. */
  nextInMs: number;
}

/**
 * Fixed windows let twice the limit pass at one moment, and a log of a sliding window takes memory for every request.
 * A token bucket takes one number: the time when it will be full again (the "theoretical arrival time" of ATM's GCRA,
 * ITU-T I.371). What is refused takes nothing, so that nobody is locked out by trying on.
 *
 * @param fullAt when the bucket is full again, in milliseconds on the clock of `now`
 * @returns what became of it, and when it is full now
 */
export function takeToken(
  fullAt: number,
  now: number,
  { limit, windowSeconds }: BucketSize,
): [Taken, number] {
  const windowMs = windowSeconds * 1_000;
  const step = windowMs / limit;
  const full = Math.max(fullAt, now) + step;
  const used = Math.ceil((full - now) / step - ROUNDING);
  if (used > limit) {
    return [{ allowed: false, remaining: 0, nextInMs: Math.ceil(full - now - windowMs) }, fullAt];
  }
  const nextInMs = Math.ceil(full - now - (used - 1) * step);
  return [{ allowed: true, remaining: limit - used, nextInMs }, full];
}

/** Of a token, that times which are not whole milliseconds may be off. */
const ROUNDING = 0.001;

/**
 * The same at Redis, on its clock: KEYS[1] holds when the bucket is full, ARGV are window (in milliseconds) and limit.
 * Gives the tokens used, one too many where none was left, and `nextInMs`.
 */
export const TAKE_TOKEN = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local window = tonumber(ARGV[1])
local limit = tonumber(ARGV[2])
local step = window / limit
local full = math.max(tonumber(redis.call('get', KEYS[1]) or 0), now) + step
local used = math.ceil((full - now) / step - ${ROUNDING})
if used > limit then return {limit + 1, math.ceil(full - now - window)} end
redis.call('set', KEYS[1], string.format('%.3f', full), 'px', math.ceil(full - now))
return {used, math.ceil(full - now - (used - 1) * step)}
`;
