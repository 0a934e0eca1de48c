/** Where a key is unique. `route` is the route's one name, at most 64 ASCII characters, whatever prefix served it. */
export interface KeyScope {
  userId: number
  route: string
  isTest: boolean
  key: string
}

export interface KeyedRequest extends KeyScope {
  /** See fingerprint(). */
  fingerprint: Buffer
}

/** What the first request was answered with, byte for byte. */
export interface FirstAnswer {
  /** Of what the request created: a message, a bulk, a top-up. */
  identifier: string
  status: number
  body: Buffer
}

export interface KeptAnswer extends KeyedRequest, FirstAnswer {}

/** What is known of one key: `answer` is undefined where the request that used it was another one. */
export interface KnownKey {
  fingerprint: Buffer
  answer: FirstAnswer | undefined
}

/** The keys that a batch may meet, by scopeId(). */
export type KnownKeys = Map<string, KnownKey>

/** Two scopes have the same text only if they are the same: a key contains no space. */
export function scopeId({ userId, route, isTest, key }: KeyScope): string {
  return `${userId} ${isTest ? 'test' : 'live'} ${route} ${key}`
}
