import { createHmac, randomBytes } from 'node:crypto'

/** As Standard Webhooks writes a secret: this, and base64 of the key. */
const SECRET_PREFIX = 'whsec_'
const SECRET_BYTES = 32

export function makeSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

export interface Signed {
  'webhook-id': string
  /** Seconds since the epoch. */
  'webhook-timestamp': string
  'webhook-signature': string
}

/** @returns the headers of one attempt, with a signature for each secret. The body is what is sent, byte for byte. */
export function sign(
  secrets: readonly string[],
  { id, timestampSeconds, body }: { id: string; timestampSeconds: number; body: string },
): Signed {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  }
}
