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

/** A bucket of one caller. */
export interface Bucket {
  /** When it is full again, in milliseconds on the clock of `now`. */
  fullAt: number;
  size: BucketSize;
}

/**
 * A token of each bucket, or of none where one of them has none left: who is refused by one limit must not lose what
 * another would let pass.
 *
 * @returns for each bucket what `takeToken` returns; where another refuses, how it stands
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
 * The same at Redis, on its clock and in one step: each of KEYS holds when its bucket is full, ARGV are window (in
 * milliseconds) and limit of each in turn. Gives for each the tokens used, one too many where none was left, and
 * `nextInMs`.
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
