/** The size of a bucket: `limit` requests at once, then one every `windowSeconds / limit` seconds. */
export interface BucketSize {
  limit: number;
  windowSeconds: number;
}

export interface Taken {
  allowed: boolean;
  /** Requests that would be allowed now. */
  remaining: number;
  /** Milliseconds until one more is allowed. */
  nextInMs: number;
}

/**
 * Takes a token. A fixed window lets twice the limit pass around its border, and a sliding log stores every
 * request. A token bucket stores one number: the time when it is full again (the "theoretical arrival time" of
 * ATM's GCRA, ITU-T I.371). A refused request takes nothing, so retries do not extend the wait.
 *
 * @param fullAt when the bucket is full again, in milliseconds on the clock of `now`
 * @returns the result, and the new `fullAt`
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

/** A fraction of a token: tolerance for times that are not whole milliseconds. */
const ROUNDING = 0.001;

/** The bucket of one caller. */
export interface Bucket {
  /** When it is full again, in milliseconds on the clock of `now`. */
  fullAt: number;
  size: BucketSize;
}

/**
 * Takes a token of each bucket, or of none if one is empty.
 *
 * @returns for each bucket the result of `takeToken`; if another bucket refuses, its state without the token
 */
export function takeTokens(buckets: readonly Bucket[], now: number): [Taken, number][] {
  const each = buckets.map(({ fullAt, size }) => takeToken(fullAt, now, size));
  if (each.every(([{ allowed }]) => allowed)) return each;
  return each.map(([taken, full], i) => {
    if (!taken.allowed) return [taken, full];
    return [{ ...taken, remaining: taken.remaining + 1 }, buckets[i]?.fullAt ?? 0];
  });
}

/**
 * The same as a Lua script, atomic and on the clock of Redis. KEYS: for each bucket the time when it is full.
 * ARGV: window (in milliseconds) and limit of each in turn. Returns for each the tokens used (limit + 1 if it
 * refuses) and `nextInMs`.
 */
export const TAKE_TOKENS = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local answer, full, refused = {}, {}, false
for i = 1, #KEYS do
  local window, limit = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local step = window / limit
  local after = math.max(tonumber(redis.call('get', KEYS[i]) or 0), now) + step
  local used = math.ceil((after - now) / step - ${ROUNDING})
  if used > limit then
    refused = true
    answer[2 * i - 1], answer[2 * i] = limit + 1, math.ceil(after - now - window)
  else
    full[i] = after
    answer[2 * i - 1], answer[2 * i] = used, math.ceil(after - now - (used - 1) * step)
  end
end
for i = 1, #KEYS do
  if not refused then
    redis.call('set', KEYS[i], string.format('%.3f', full[i]), 'px', math.ceil(full[i] - now))
  elseif full[i] then
    answer[2 * i - 1] = answer[2 * i - 1] - 1
  end
end
return answer
`;
