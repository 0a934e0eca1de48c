import { z } from 'zod'
import { durationText, urlText } from '../../platform/config/index.ts'
import type { ReceiptOptions } from '../contract.ts'
import { receiptsSchema, sentOrPolled } from '../receiptOptions.ts'
import { IDLE_TIMEOUT_MS } from './connections.ts'
import { BATCH_SIZE_MAX } from './protocol.ts'

/** One for each class at least, so that each has its share. */
const CONNECTIONS_MIN = 2
const CONNECTIONS_MAX = 2_000
const CONNECTIONS_DEFAULT = 32
const IDLE_TIMEOUT_MIN_MS = 10
const IDLE_TIMEOUT_MAX_MS = 600_000
const SECRET_LENGTH_MAX = 1_000

/** An operator's address, without what the protocol adds and without credentials, which would be logged. */
export function operatorUrlText() {
  return urlText(['http', 'https']).refine((text) => {
    if (!URL.canParse(text)) return true
    const { username, password, search, hash } = new URL(text)
    return !(username || password || search || hash)
  }, 'must have no user, password, query or fragment')
}

/** How long an idle connection is kept. */
export function idleTimeoutText() {
  return durationText(IDLE_TIMEOUT_MAX_MS).refine(
    (ms) => ms >= IDLE_TIMEOUT_MIN_MS,
    `must be at least ${IDLE_TIMEOUT_MIN_MS}ms`,
  )
}

/** How any operator is reached over HTTP. */
export interface ConnectionOptions {
  /** Where its routes begin: http or https, a path if it has one, nothing else. */
  url: string
  /** At most, for each process. A call beyond them waits for one within its own time. */
  connections: number
  /** Connections that are idle for longer are closed by us, whatever the operator announces. */
  idleTimeoutMs: number
}

/** Members of the strict object of a protocol over HTTP. */
export const connectionMembers = {
  url: operatorUrlText(),
  connections: z.int().min(CONNECTIONS_MIN).max(CONNECTIONS_MAX).default(CONNECTIONS_DEFAULT),
  idle_timeout: z
    .union([z.string(), z.number()])
    .default(`${IDLE_TIMEOUT_MS}ms`)
    .transform(String)
    .pipe(idleTimeoutText()),
}

/** A value that the operators' file takes from the environment. Its faults do not quote it. */
export function secretMember() {
  return z.string().refine((text) => text.length <= SECRET_LENGTH_MAX && /^[!-~]+$/.test(text), {
    message: `must be 1 to ${SECRET_LENGTH_MAX} visible ASCII characters`,
  })
}

/** What an operator of docs/operator-protocol.md is configured with. */
export interface ChaparHttpOptions extends ConnectionOptions {
  batchSizeMax: number
  /** Undefined for an operator that sends no receipts. */
  receipts?: ReceiptOptions | undefined
}

export const chaparHttpOptions = z
  .strictObject({
    ...connectionMembers,
    batch_size_max: z.int().min(1).max(BATCH_SIZE_MAX).default(BATCH_SIZE_MAX),
    receipts: sentOrPolled(receiptsSchema).optional(),
  })
  .transform(({ url, connections, batch_size_max, idle_timeout, receipts }): ChaparHttpOptions => {
    const own = { url, connections, batchSizeMax: batch_size_max, idleTimeoutMs: idle_timeout }
    return { ...own, ...(receipts && { receipts }) }
  })
