import { createHmac, timingSafeEqual } from 'node:crypto'

/** As long as an address of a file holds. A download that began goes on. */
export const DOWNLOAD_SECONDS = 900

/** What an address is signed for. */
export interface Download {
  id: string
  userId: number
  expiresSeconds: number
}

/** @returns the signature of an address that holds until `expiresSeconds` after the epoch. */
export function signDownload(secret: Buffer, { id, userId, expiresSeconds }: Download): string {
  return createHmac('sha256', secret).update(`${id}.${userId}.${expiresSeconds}`).digest('base64url')
}

export function isSigned(secret: Buffer, download: Download, signature: string): boolean {
  const [expected, given] = [Buffer.from(signDownload(secret, download)), Buffer.from(signature)]
  return expected.length === given.length && timingSafeEqual(expected, given)
}
