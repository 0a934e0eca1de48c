import { sleep } from './sleep.ts'

export interface ClientOptions {
  /** Where Chapar is served, such as `https://sms.example.com`; `/v1` is added. */
  baseUrl: string
  /** A key of the customer; it is sent as `Authorization: Bearer`. */
  apiKey: string
  /** Of one try, from the first byte sent to the last one received. 30 seconds by default. */
  timeoutMs?: number
  /** Tries of one call, the first one included. 5 by default. */
  attemptsMax?: number
  /** A server that asks for a longer wait than this is not tried again. A minute by default. */
  waitMsMax?: number
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch
  /** Instead of a timer; rejects when the signal aborts. */
  sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  /** From 0 to less than 1, as `Math.random`, which it replaces. */
  random?: () => number
}

export type Settings = Required<ClientOptions>

/** @throws TypeError for an address or a key that is none, RangeError for a bound that is none. */
export function readOptions(options: ClientOptions): Settings {
  const settings: Settings = {
    baseUrl: readBaseUrl(options.baseUrl),
    apiKey: options.apiKey,
    timeoutMs: options.timeoutMs ?? 30_000,
    attemptsMax: options.attemptsMax ?? 5,
    waitMsMax: options.waitMsMax ?? 60_000,
    // Not the function itself: browsers demand to call it on their global object.
    fetch: options.fetch ?? ((...request) => fetch(...request)),
    sleep: options.sleep ?? sleep,
    random: options.random ?? Math.random,
  }
  // A header that cannot be sent would be shown in the message of the error, and so the key.
  if (!/^[\x21-\x7e]+$/.test(settings.apiKey)) throw new TypeError('apiKey must be visible ASCII characters')
  for (const name of ['timeoutMs', 'attemptsMax', 'waitMsMax'] as const)
    if (!(settings[name] >= 1)) throw new RangeError(`${name} must be at least 1`)
  return settings
}

function readBaseUrl(text: string): string {
  const { protocol, origin, pathname, username } = new URL(text)
  if (!/^https?:$/.test(protocol) || username !== '')
    throw new TypeError('baseUrl must be an HTTP address without a user')
  return origin + pathname.replace(/\/+$/, '')
}
