import { resolve } from 'node:path'
import type { RetryPolicy } from '../delivery/index.ts'
import { perSecond } from '../limits/index.ts'
import type { RateLimit } from '../limits/index.ts'
import type { Region } from '../numbers/index.ts'
import type { OperatorConfig, OperatorsFile } from '../operators/index.ts'
import { ConfigFault, describeRows, isLoopback, readSettings } from '../platform/config/index.ts'
import type { SettingRow, Values } from '../platform/config/index.ts'
import type { NormalOrder } from '../outbox/index.ts'
import type { CertificateFiles, ListenAddress } from '../platform/http/index.ts'
import type { LogLevel } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import { connectionsMin } from './connections.ts'
import { findLive, operatorsOf, testOperatorOf } from './operatorsOf.ts'
import { ANYONE_MAY_SEND, SETTINGS } from './settings.ts'
import { findRetentionFaults, retentionOf } from './settings/retention.ts'
import type { Role } from './settings.ts'

export interface Config {
  roles: Role[]
  /** Above 1, this many processes serve the API, and this one runs the other roles. */
  apiProcesses: number
  databaseUrl: string
  /** Empty when neither the role `relay` nor `consumer` is present. */
  amqpUrl: string
  listen: ListenAddress
  /** With it, HTTPS is served there. Read again on SIGHUP. */
  tls: CertificateFiles | undefined
  /** SIGHUP has files read again, and ends no process. */
  readsAgain: boolean
  /** Where metrics are served, if not beside the API. */
  metricsListen: ListenAddress | undefined
  /** Serves only this machine: requests with another `Host` are refused. */
  localOnly: boolean
  access: {
    /** Routes that may be open need no key. */
    isOpen: boolean
    /** Undefined: no key is an admin's. */
    adminKey: string | undefined
    /** Addresses and ranges whose `X-Forwarded-For` counts. */
    trustedProxies: string[]
  }
  /** Undefined: test keys are refused. */
  testOperatorUrl: string | undefined
  /** ISO 4217. */
  currency: string
  /** In order of preference. Empty without the roles `consumer` and `api`, which takes their receipts. */
  operators: OperatorConfig[]
  /** From the operators' file. None: every message may go to every operator. */
  routes: OperatorsFile['routes']
  /** Where the operators come from, if not from their addresses. Read again on SIGHUP. */
  operatorsFile: string | undefined
  /** Of test messages alone. */
  testOperator: OperatorConfig | undefined
  operatorConcurrency: number
  /** Messages of one operator call. */
  operatorBatchMax: number
  /** Recipients of one transaction. */
  batchSizeMax: number
  acceptLanes: number
  normalOrder: NormalOrder
  retry: Record<MessageClass, RetryPolicy>
  validityMs: Record<MessageClass, number>
  /** Of express messages that do not say it, from when they may leave to their hand-over. */
  expressGuaranteedWithinMs: number
  /** Null where the class and the operators decide. */
  onUnknown: OnUnknown | null
  /** Submissions of a message with an unknown result. */
  unknownSubmissionsMax: { normal: number; express: number }
  prices: { normal: number; express: number }
  queues: { normal: string; express: string }
  limits: {
    recipientsMax: number
    textCharsMax: number
    partsMax: number
    recipientPattern?: RegExp
    /** Numbers without a calling code are read as its. */
    region?: Region
  }
  /** Of a customer with a key, in each process. */
  requestsLimit: RateLimit
  bodyBytesMax: number
  /** Normal messages are refused while the backlog is older. */
  backlogAgeMaxMs: number | undefined
  /** How long rows are kept, in milliseconds, and what is done before they go. */
  retention: ReturnType<typeof retentionOf>
  /** Whether events may go to plain http and private addresses. */
  webhooks: { allowsPrivate: boolean }
  /** Without a folder there are none. */
  exports: { folder: string | undefined; keepDays: number; rowsPerSecond: number; rowsMax: number }
  db: { maxOpenConns: number; maxIdleConns: number; connMaxLifetimeSeconds: number }
  shutdownDeadlineMs: number
  logLevel: LogLevel
}

type Settled = Values<typeof SETTINGS>

/** @throws ConfigFault that names every fault of the environment at once. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const { values, faults } = readSettings(env, SETTINGS)
  faults.push(...findContradictions(values))
  const operators = operatorsOf(values)
  faults.push(...operators.faults, ...findLive(values.TEST_OPERATOR_URL, operators.operators))
  if (faults.length > 0) throw new ConfigFault(faults)
  return toConfig(values as Settled, operators)
}

/**
 * The descriptions of the settings in docs/settings.md and .env.example. OTEL_* belong to OpenTelemetry and are not
 * listed.
 */
export function describeSettings(): SettingRow[] {
  return describeRows(SETTINGS)
}

/**
 * Reports settings that are valid alone and invalid together. A setting that is invalid by itself is not reported
 * twice.
 */
function findContradictions(values: Partial<Settled>): string[] {
  const faults: string[] = []
  const { ROLE: roles, DB_MAX_OPEN_CONNS: connections } = values
  if (roles && roles.some((role) => role !== 'api') && 'AMQP_URL' in values && values.AMQP_URL === undefined)
    faults.push('AMQP_URL is required with the roles relay and consumer')
  if (roles && connections !== undefined && connections < connectionsMin(roles))
    faults.push(
      `DB_MAX_OPEN_CONNS must be at least ${connectionsMin(roles)} with the roles relay and consumer: ` +
        '2 for each class, and 2 for everything else',
    )
  if ((values.HTTPS_CERT_FILE === undefined) !== (values.HTTPS_KEY_FILE === undefined))
    faults.push('HTTPS_CERT_FILE and HTTPS_KEY_FILE belong together: set both or neither')
  for (const prefix of ['RETRY', 'RETRY_EXPRESS'] as const) {
    const [min, max] = [values[`${prefix}_MIN_DELAY`], values[`${prefix}_MAX_DELAY`]]
    if (min !== undefined && max !== undefined && max < min)
      faults.push(`${prefix}_MAX_DELAY must not be below ${prefix}_MIN_DELAY`)
  }
  if (values.NORMAL_QUEUE !== undefined && values.NORMAL_QUEUE === values.EXPRESS_QUEUE) {
    faults.push('EXPRESS_QUEUE must not be NORMAL_QUEUE: express would wait behind normal traffic')
  }
  faults.push(...findRetentionFaults(values))
  return faults
}

function accessOf(values: Settled, isOpen: boolean): Config['access'] {
  return { isOpen, adminKey: values.ADMIN_API_KEY, trustedProxies: values.TRUSTED_PROXIES }
}

function tlsOf({
  HTTPS_CERT_FILE: certFile,
  HTTPS_KEY_FILE: keyFile,
}: Settled): CertificateFiles | undefined {
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined
}

function exportsOf(values: Settled): Config['exports'] {
  const { EXPORT_FOLDER: folder } = values
  return {
    folder: folder === undefined ? undefined : resolve(folder),
    keepDays: values.EXPORT_KEEP_DAYS,
    rowsPerSecond: values.EXPORT_ROWS_PER_SECOND,
    rowsMax: values.EXPORT_ROWS_MAX,
  }
}

function toConfig(values: Settled, { operators, routes }: OperatorsFile): Config {
  // A proxy in front serves other machines, wherever this process listens.
  const isReachable = !isLoopback(values.LISTEN_ADDR.host) || values.TRUSTED_PROXIES.length > 0
  const isAllowed = values.ALLOW_UNAUTHENTICATED === ANYONE_MAY_SEND
  return {
    roles: values.ROLE,
    apiProcesses: values.API_PROCESSES,
    databaseUrl: values.DATABASE_URL,
    amqpUrl: values.AMQP_URL ?? '',
    listen: { ...values.LISTEN_ADDR, port: values.PORT ?? values.LISTEN_ADDR.port },
    tls: tlsOf(values),
    readsAgain: values.OPERATORS_FILE !== undefined || values.HTTPS_CERT_FILE !== undefined,
    metricsListen: values.METRICS_LISTEN_ADDR,
    localOnly: !isReachable && !isAllowed,
    access: accessOf(values, !isReachable || isAllowed),
    testOperatorUrl: values.TEST_OPERATOR_URL,
    currency: values.CURRENCY,
    operators,
    routes,
    operatorsFile: values.OPERATORS_FILE,
    testOperator: testOperatorOf(values),
    operatorConcurrency: values.OPERATOR_CONCURRENCY,
    operatorBatchMax: values.OPERATOR_BATCH_MAX,
    batchSizeMax: values.BATCH_SIZE_MAX,
    acceptLanes: values.ACCEPT_LANES,
    normalOrder: values.NORMAL_ORDER,
    retry: {
      normal: {
        minDelayMs: values.RETRY_MIN_DELAY,
        maxDelayMs: values.RETRY_MAX_DELAY,
        factor: values.RETRY_FACTOR,
        attemptsMax: values.MAX_ATTEMPTS,
      },
      express: {
        minDelayMs: values.RETRY_EXPRESS_MIN_DELAY,
        maxDelayMs: values.RETRY_EXPRESS_MAX_DELAY,
        factor: values.RETRY_FACTOR,
        attemptsMax: values.RETRY_EXPRESS_MAX_ATTEMPTS,
      },
    },
    validityMs: { normal: values.VALIDITY_NORMAL, express: values.VALIDITY_EXPRESS },
    expressGuaranteedWithinMs: values.EXPRESS_GUARANTEED_WITHIN,
    onUnknown: values.ON_UNKNOWN === 'auto' ? null : values.ON_UNKNOWN,
    unknownSubmissionsMax: {
      normal: values.UNKNOWN_SUBMISSIONS_MAX,
      express: values.UNKNOWN_SUBMISSIONS_MAX_EXPRESS,
    },
    prices: { normal: values.PRICE_NORMAL, express: values.PRICE_EXPRESS },
    queues: { normal: values.NORMAL_QUEUE, express: values.EXPRESS_QUEUE },
    limits: {
      recipientsMax: values.RECIPIENTS_MAX,
      textCharsMax: values.TEXT_CHARS_MAX,
      partsMax: values.MESSAGE_PARTS_MAX,
      ...(values.RECIPIENT_PATTERN === undefined ? {} : { recipientPattern: values.RECIPIENT_PATTERN }),
      ...(values.DEFAULT_REGION === undefined ? {} : { region: values.DEFAULT_REGION }),
    },
    requestsLimit: perSecond(values.RATE_LIMIT_RPS, values.RATE_LIMIT_BURST),
    bodyBytesMax: values.BODY_BYTES_MAX,
    backlogAgeMaxMs: values.BACKLOG_AGE_MAX,
    retention: retentionOf(values),
    webhooks: { allowsPrivate: values.WEBHOOK_ALLOW_PRIVATE === 'yes' },
    exports: exportsOf(values),
    db: {
      maxOpenConns: values.DB_MAX_OPEN_CONNS,
      maxIdleConns: values.DB_MAX_IDLE_CONNS,
      connMaxLifetimeSeconds: values.DB_CONN_MAX_LIFETIME_SEC,
    },
    shutdownDeadlineMs: values.SHUTDOWN_DEADLINE_SEC * 1_000,
    logLevel: values.LOG_LEVEL,
  }
}
