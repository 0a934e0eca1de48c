import { z } from 'zod'
import { durationText, urlText } from '../../platform/config/index.ts'
import type { ReceiptOptions } from '../contract.ts'
import { receiptsSchema } from '../receiptOptions.ts'
import { DEFAULT_ALPHABETS } from './text/encodeText.ts'
import type { DefaultAlphabet } from './text/encodeText.ts'
import { LONG_MESSAGES } from './text/frameParts.ts'
import type { LongMessages } from './text/frameParts.ts'

/** What of a bind the operator allows: to submit and to receive, or one of them. */
export type BindKind = 'transceiver' | 'transmitter' | 'receiver'

/** All in milliseconds. */
export interface SmppTimers {
  connectMs: number
  /** For a response, also that of a bind. */
  responseMs: number
  /** Silence after which the operator is asked for a sign of life, and the time it has for that. */
  enquireLinkMs: number
  /** Time without a message in either direction after which a bind is renewed; 0: never. */
  inactivityMs: number
  /** For what was written to leave this machine. */
  writeMs: number
  reconnectMinMs: number
  reconnectMaxMs: number
}

/** What an operator's status can be taken for, against the table in results.ts. */
export const STATUS_RESULTS = ['rejected', 'refused', 'throttled', 'unavailable'] as const
export type StatusResult = (typeof STATUS_RESULTS)[number]

/** An SMPP operator's own settings. */
export interface SmppOptions {
  /** smpp:// or ssmpp:// (TLS), host and port. */
  url: string
  systemId: string
  password: string
  systemType: string
  addressRange: string
  serviceType: string
  binds: Record<BindKind, number>
  /** Requests of one bind that the operator has not answered yet. */
  window: number
  alphabet: DefaultAlphabet
  longMessages: LongMessages
  source: { ton?: number | undefined; npi?: number | undefined }
  destination: { ton?: number | undefined; npi?: number | undefined }
  timers: SmppTimers
  /** Which receipts are asked for: registered_delivery. */
  receiptsWanted: 'all' | 'failures' | 'none'
  /** How they are read. */
  receipts: ReceiptOptions
  /** By command_status. */
  statusResults: ReadonlyMap<number, StatusResult>
}

/** Without a port in the address. */
export const SMPP_PORT = 2775
export const SMPPS_PORT = 3550

const BINDS_MAX = 100
const WINDOW_MAX = 1_000
const WINDOW_DEFAULT = 10
const TIMER_MAX_MS = 3_600_000
const TON_MAX = 6
const NPI_MAX = 18

/** What a C-Octet String of the bind request holds, without its NUL. The specification has 8 for a password. */
const SYSTEM_ID_LENGTH_MAX = 15
const PASSWORD_LENGTH_MAX = 64
const SYSTEM_TYPE_LENGTH_MAX = 12
const ADDRESS_RANGE_LENGTH_MAX = 40
const SERVICE_TYPE_LENGTH_MAX = 5

/** ASCII, as every bind has it. The error does not quote the text, which may be a password. */
function asciiText(lengthMin: number, lengthMax: number) {
  return z
    .string()
    .regex(
      new RegExp(`^[ -~]{${lengthMin},${lengthMax}}$`),
      `must be ${lengthMin} to ${lengthMax} ASCII characters`,
    )
}

function addressText() {
  return urlText(['smpp', 'ssmpp']).refine((text) => {
    if (!URL.canParse(text)) return true
    const { username, password, pathname, search, hash } = new URL(text)
    return !(username || password || search || hash || pathname.replace(/^\/$/, ''))
  }, 'must have no user, password, path, query or fragment')
}

/** `500ms`, `30s`, or a plain number of seconds. */
function duration(defaultText: string, minMs: number) {
  return z
    .union([z.string(), z.number()])
    .default(defaultText)
    .transform(String)
    .pipe(durationText(TIMER_MAX_MS).refine((ms) => ms >= minMs, `must be at least ${minMs}ms`))
}

const count = (max: number) => z.int().min(0).max(max)

/** An operator's wish for the addresses of its messages. */
function addressWish() {
  return z.strictObject({ ton: count(TON_MAX).optional(), npi: count(NPI_MAX).optional() }).default({})
}

const timersSchema = z
  .strictObject({
    connect: duration('5s', 1),
    response: duration('10s', 1),
    enquire_link: duration('30s', 1),
    inactivity: duration('0s', 0),
    write: duration('10s', 1),
    reconnect_min: duration('500ms', 1),
    reconnect_max: duration('30s', 1),
  })
  .prefault({})
  .refine((timers) => timers.reconnect_min <= timers.reconnect_max, {
    path: ['reconnect_max'],
    message: 'must not be below reconnect_min',
  })

const bindsSchema = z.strictObject({
  transceivers: count(BINDS_MAX).default(0),
  transmitters: count(BINDS_MAX).default(0),
  receivers: count(BINDS_MAX).default(0),
})

/** A command_status in hexadecimal or decimal. */
const statusText = z.string().regex(/^(?:0x[0-9A-Fa-f]{1,8}|[0-9]{1,10})$/, 'must be a status such as 0x45')

/** The members of an operator in the operators' file that are SMPP's own. */
export const smppOptionsSchema = z
  .strictObject({
    url: addressText(),
    system_id: asciiText(1, SYSTEM_ID_LENGTH_MAX),
    password: asciiText(0, PASSWORD_LENGTH_MAX).default(''),
    system_type: asciiText(0, SYSTEM_TYPE_LENGTH_MAX).default(''),
    address_range: asciiText(0, ADDRESS_RANGE_LENGTH_MAX).default(''),
    service_type: asciiText(0, SERVICE_TYPE_LENGTH_MAX).default(''),
    connections: z.int().min(1).max(BINDS_MAX).optional(),
    binds: bindsSchema.optional(),
    window: z.int().min(1).max(WINDOW_MAX).default(WINDOW_DEFAULT),
    default_alphabet: z.enum(DEFAULT_ALPHABETS).default('gsm'),
    long_messages: z.enum(LONG_MESSAGES).default('udh'),
    source: addressWish(),
    destination: addressWish(),
    timers: timersSchema,
    registered_delivery: z.enum(['all', 'failures', 'none']).default('all'),
    receipts: receiptsSchema.prefault({}),
    results: z.record(statusText, z.enum(STATUS_RESULTS)).default({}),
  })
  .superRefine(({ connections, binds }, check) => {
    if (!binds) return
    if (connections !== undefined)
      check.addIssue({ code: 'custom', path: ['connections'], message: 'must not stand beside binds' })
    if (binds.transceivers + binds.transmitters === 0)
      check.addIssue({ code: 'custom', path: ['binds'], message: 'must have a transceiver or a transmitter' })
  })
  .transform((own): SmppOptions => {
    const { timers, binds } = own
    return {
      url: own.url,
      systemId: own.system_id,
      password: own.password,
      systemType: own.system_type,
      addressRange: own.address_range,
      serviceType: own.service_type,
      binds: {
        transceiver: binds?.transceivers ?? own.connections ?? 1,
        transmitter: binds?.transmitters ?? 0,
        receiver: binds?.receivers ?? 0,
      },
      window: own.window,
      alphabet: own.default_alphabet,
      longMessages: own.long_messages,
      source: own.source,
      destination: own.destination,
      timers: {
        connectMs: timers.connect,
        responseMs: timers.response,
        enquireLinkMs: timers.enquire_link,
        inactivityMs: timers.inactivity,
        writeMs: timers.write,
        reconnectMinMs: timers.reconnect_min,
        reconnectMaxMs: timers.reconnect_max,
      },
      receiptsWanted: own.registered_delivery,
      receipts: own.receipts,
      statusResults: new Map(Object.entries(own.results).map(([status, result]) => [Number(status), result])),
    }
  })

/** What the operators' file says of an SMPP operator, before it is checked. */
export type SmppInput = z.input<typeof smppOptionsSchema>
