import { z } from 'zod'
import { durationText, nameText, urlText } from '../platform/config/index.ts'
import { IDLE_TIMEOUT_MS } from './http/adapter.ts'
import { BATCH_SIZE_MAX } from './http/protocol.ts'
import { PROTOCOLS } from './protocols.ts'
import type { AdapterOptions, ProtocolName } from './protocols.ts'

/** One operator as it is configured. */
export interface OperatorConfig extends AdapterOptions {
  protocol: ProtocolName
  deduplicatesReferences: boolean
  keepsOurReference: boolean
}

/** More would mean a file that was made by mistake. */
const OPERATORS_MAX = 100
/** One for each class at least, so that each has its share. */
const CONNECTIONS_MIN = 2
const CONNECTIONS_MAX = 2_000
export const CONNECTIONS_DEFAULT = 32
/** The column that keeps the name with each message takes no more. */
const NAME_LENGTH_MAX = 50
const IDLE_TIMEOUT_MIN_MS = 10
const IDLE_TIMEOUT_MAX_MS = 600_000

/** An operator's address, without what the protocol adds and without credentials, which would be logged. */
export function operatorUrlText() {
  return urlText(PROTOCOLS['chapar-http'].urlSchemes).refine((text) => {
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

const operatorSchema = z
  .strictObject({
    name: nameText(NAME_LENGTH_MAX),
    protocol: z.enum(Object.keys(PROTOCOLS) as [ProtocolName, ...ProtocolName[]]).default('chapar-http'),
    url: operatorUrlText(),
    connections: z.int().min(CONNECTIONS_MIN).max(CONNECTIONS_MAX).default(CONNECTIONS_DEFAULT),
    batch_size_max: z.int().min(1).max(BATCH_SIZE_MAX).default(BATCH_SIZE_MAX),
    idle_timeout: z
      .union([z.string(), z.number()])
      .default(`${IDLE_TIMEOUT_MS}ms`)
      .transform(String)
      .pipe(idleTimeoutText()),
    deduplicates_references: z.boolean().default(false),
    keeps_our_reference: z.boolean().default(true),
  })
  .transform((operator): OperatorConfig => {
    const { name, protocol, url, connections } = operator
    return {
      ...{ name, protocol, url, connections },
      batchSizeMax: operator.batch_size_max,
      idleTimeoutMs: operator.idle_timeout,
      deduplicatesReferences: operator.deduplicates_references,
      keepsOurReference: operator.keeps_our_reference,
    }
  })

/** The operators' file: `operators`, a list in order of preference. */
export const operatorsSchema = z.strictObject({
  operators: z
    .array(operatorSchema)
    .min(1)
    .max(OPERATORS_MAX)
    .superRefine((operators, check) => {
      operators.forEach(({ name }, position) => {
        if (operators.findIndex((other) => other.name === name) === position) return
        check.addIssue({ code: 'custom', path: [position, 'name'], message: `"${name}" is taken already` })
      })
    }),
})

/** Operators that are configured by their addresses alone, as operator-a and operator-b. */
export function operatorsByUrl(
  urls: readonly (string | undefined)[],
  options: Omit<AdapterOptions, 'name' | 'url'>,
): OperatorConfig[] {
  return urls.flatMap((url, position) => {
    if (url === undefined) return []
    const name = `operator-${String.fromCharCode('a'.charCodeAt(0) + position)}`
    return [
      {
        ...options,
        name,
        url,
        protocol: 'chapar-http' as const,
        deduplicatesReferences: false,
        keepsOurReference: true,
      },
    ]
  })
}
