// Windows in Redis; one script decides, so that nothing happens between looking and counting.
import Redis from "ioredis";

const ACQUIRE = `
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then
  return {0, used, redis.call('PTTL', KEYS[1])}
end
used = redis.call('INCR', KEYS[1])
if used == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {1, used, redis.call('PTTL', KEYS[1])}
`;

const key = (client) => `limit:${client}`;

export class Limiter {
  constructor(url) {
    this.redis = new Redis(url, { commandTimeout: 500, maxRetriesPerRequest: 1 });
    this.redis.defineCommand("acquire", { numberOfKeys: 1, lua: ACQUIRE });
    this.redis.on("error", (error) => console.error(error.message));
  }

  async healthy() {
    try {
      return (await this.redis.ping()) === "PONG";
    } catch {
      return false;
    }
  }

  async acquire(client, limit, windowMs) {
    const [allowed, used, left] = await this.redis.acquire(key(client), limit, windowMs);
    return { allowed: allowed === 1, used, resetMs: Math.max(0, left) };
  }

  async read(client) {
    const [[, used], [, left]] = await this.redis.multi().get(key(client)).pttl(key(client)).exec();
    return { used: Number(used ?? 0), resetMs: Math.max(0, left) };
  }

  async forget(client) {
    await this.redis.del(key(client));
  }
}
