import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const TOKEN_BYTES = 32
const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/

/** What the cookie holds: 256 random bits. */
export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

export function isToken(text: string): boolean {
  return TOKEN_SHAPE.test(text)
}

/** What is stored of a session: it says neither the token nor the admin key. */
export function sessionId(adminKey: string, token: string): Buffer {
  return createHmac('sha256', adminKey).update(token).digest()
}

/** What the page sends with every change: another site can make a browser send the cookie, and cannot know this. */
export function csrfTokenOf(token: string): string {
  return createHash('sha256').update(`csrf ${token}`).digest('base64url')
}

export function isCsrfTokenOf(token: string, given: string): boolean {
  const [expected, found] = [Buffer.from(csrfTokenOf(token)), Buffer.from(given)]
  return expected.length === found.length && timingSafeEqual(expected, found)
}
