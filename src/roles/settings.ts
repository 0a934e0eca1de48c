import { z } from 'zod'
import { operatorUrlText } from '../operators/index.ts'
import {
  addressRangesText,
  currencyText,
  listenAddressText,
  nameText,
  oneOf,
  PORT_MAX,
  secretText,
  someOf,
  wholeNumberText,
} from '../platform/config/index.ts'
import type { Settings } from '../platform/config/index.ts'
import { brokerUrlText } from '../platform/broker/index.ts'
import { databaseUrlText } from '../platform/db/index.ts'
import { NORMAL_ORDERS } from '../outbox/index.ts'
import { LOG_LEVELS } from '../platform/telemetry/index.ts'
import { EXPORT_SETTINGS } from './settings/exports.ts'
import { OPERATOR_SETTINGS } from './settings/operators.ts'
import { REQUEST_SETTINGS } from './settings/requests.ts'
import { RETENTION_SETTINGS } from './settings/retention.ts'
import { RETRY_SETTINGS } from './settings/retries.ts'

export const ROLES = ['api', 'relay', 'consumer'] as const
export type Role = (typeof ROLES)[number]

/** Spelled out, so that it is not set without knowing what it permits. */
export const ANYONE_MAY_SEND = 'yes-anyone-may-send'

/** As long as a random key: it is pasted, not typed. */
const ADMIN_KEY_CHARS_MIN = 32

/** Every setting. docs/settings.md and .env.example are checked against this list. */
export const SETTINGS = {
  ROLE: {
    schema: someOf(ROLES),
    default: 'api,relay,consumer',
    meaning: 'What this process does: `api`, `relay`, `consumer`, or several separated by commas.',
  },
  API_PROCESSES: {
    schema: wholeNumberText(1, 64),
    default: '1',
    meaning:
      'Processes that serve the API on the same port, each with its own `DB_MAX_OPEN_CONNS`. With more than one, the ' +
      'first process supervises them and runs the other roles.',
  },
  DATABASE_URL: {
    schema: databaseUrlText(),
    required: true,
    meaning:
      'The MySQL or MariaDB database, as `mysql://user:password@host:3306/name`. With `?ssl-mode=VERIFY_IDENTITY` (the ' +
      'certificate is verified, and names the host) or `VERIFY_CA` over TLS, and with `ssl-ca=FILE` against the authorities ' +
      'of that file instead of the public ones. `ssl-cert=FILE` and `ssl-key=FILE` are a client certificate.',
  },
  AMQP_URL: {
    schema: brokerUrlText(),
    meaning:
      'The RabbitMQ broker, as `amqp://user:password@host:5672/vhost`, or `amqps://…:5671/vhost?cacertfile=FILE` over TLS with ' +
      'the authorities of that file; without it the public ones; `certfile=FILE` and `keyfile=FILE` are a client certificate. ' +
      'Of a cluster name several nodes, separated by commas: they are tried in turn. Required with the roles `relay` and ' +
      '`consumer`. As for `DATABASE_URL`, a refused login ends the start, and an unreachable server is waited for.',
  },
  LISTEN_ADDR: {
    schema: listenAddressText(),
    default: '127.0.0.1:8080',
    meaning: 'Where HTTP is served: the API, or health and metrics alone without the role `api`.',
  },
  HTTPS_CERT_FILE: {
    schema: z.string(),
    meaning:
      'With it `LISTEN_ADDR` serves HTTPS: the certificate in PEM, followed by intermediate ones. SIGHUP reads both files ' +
      'again, and ends no process. `METRICS_LISTEN_ADDR` stays HTTP.',
  },
  HTTPS_KEY_FILE: { schema: z.string(), meaning: 'The private key of `HTTPS_CERT_FILE`, in PEM.' },
  PORT: { schema: wholeNumberText(0, PORT_MAX), meaning: 'Overrides the port of `LISTEN_ADDR`.' },
  METRICS_LISTEN_ADDR: {
    schema: listenAddressText(),
    meaning:
      'An address of its own for `/metrics`, which `LISTEN_ADDR` then does not serve: metrics tell volumes and the names of ' +
      'operators. `/healthz` and `/readyz` are served at both. With several API processes the first one serves it, for all.',
  },
  ALLOW_UNAUTHENTICATED: {
    schema: oneOf(['no', ANYONE_MAY_SEND]),
    default: 'no',
    meaning:
      'On a loopback `LISTEN_ADDR` without `TRUSTED_PROXIES`, the routes without `/v1` need no key, and `Host` has to name ' +
      `this machine. Everywhere else they need one, unless this is \`${ANYONE_MAY_SEND}\`: then anyone who reaches them ` +
      'can send and spend. `/v1` always needs a key.',
  },
  ADMIN_API_KEY: {
    schema: secretText(ADMIN_KEY_CHARS_MIN),
    meaning:
      'The key for `/v1/admin`, for the operations page at `/ops`, and for `POST /balance/add` where that needs a key ' +
      '(`ALLOW_UNAUTHENTICATED`), at least 32 characters. Without it these are refused, and customers and keys are managed by `npm run admin`.',
  },
  TRUSTED_PROXIES: {
    schema: addressRangesText(),
    default: 'none',
    meaning:
      'Addresses and ranges of proxies whose `X-Forwarded-For` names the client, separated by commas: `10.0.0.0/8, ::1`. ' +
      'A key that is bound to addresses is checked against that client.',
  },
  TEST_OPERATOR_URL: {
    schema: operatorUrlText(),
    meaning:
      'A simulated operator, which alone gets the messages of test keys. The role `api` refuses test keys without it, and the ' +
      'role `consumer` fails their messages: give both the same one.',
  },
  CURRENCY: {
    schema: currencyText(),
    default: 'USD',
    meaning: 'The ISO 4217 code of all money, which is counted in its smallest unit.',
  },
  ...OPERATOR_SETTINGS,
  BATCH_SIZE_MAX: {
    schema: wholeNumberText(1, 2_000),
    default: '2000',
    meaning:
      'Most recipients in one transaction. Lower fixed limits: 250 requests for an accept, 500 recipients for a ' +
      "consumer's claim or settlement, 500 rows for a relay's claim, 100 for a queue message. 1 disables batching, for comparison.",
  },
  ACCEPT_LANES: {
    schema: wholeNumberText(1, 64),
    default: '1',
    meaning:
      'Transactions that accept requests at once for each class, as shards by customer. Give every process of the role ' +
      '`api` the same number, so that their batches do not wait on each other.',
  },
  NORMAL_ORDER: {
    schema: oneOf(NORMAL_ORDERS),
    default: 'fair',
    meaning:
      'The order of normal messages: `fair` shares the throughput between customers, `fifo` sends in order of acceptance. ' +
      'Change it only while the outbox is empty: after a change from `fair` to `fifo`, new messages overtake the waiting ones.',
  },
  ...RETRY_SETTINGS,
  PRICE_NORMAL: {
    schema: wholeNumberText(1, 1_000_000),
    default: '1',
    meaning: 'The price of a normal recipient where no tariff holds.',
  },
  PRICE_EXPRESS: {
    schema: wholeNumberText(1, 1_000_000),
    default: '3',
    meaning: 'The price of an express recipient where no tariff holds.',
  },
  PRICE_PER_PART_CENTS: {
    schema: wholeNumberText(0, 1_000_000),
    default: '5',
    meaning:
      'What the demo client of `make up` pays for each part, by a tariff that is created with it. Other customers pay ' +
      '`PRICE_NORMAL` and `PRICE_EXPRESS`, or their own tariffs (`/v1/admin/tariffs`).',
  },
  NORMAL_QUEUE: { schema: nameText(200), default: 'sms.normal', meaning: 'The queue of normal messages.' },
  EXPRESS_QUEUE: { schema: nameText(200), default: 'sms.express', meaning: 'The queue of express messages.' },
  ...REQUEST_SETTINGS,
  ...EXPORT_SETTINGS,
  ...RETENTION_SETTINGS,
  WEBHOOK_ALLOW_PRIVATE: {
    schema: oneOf(['no', 'yes']),
    default: 'no',
    meaning:
      'Whether webhooks may go to `http://` and to addresses that are not on the internet, such as this machine: for ' +
      'development alone. Give the roles `api` and `relay` the same.',
  },
  DB_MAX_OPEN_CONNS: {
    schema: wholeNumberText(2, 10_000),
    default: '50',
    meaning: 'Database connections of this process, at least 6 with the role `relay` or `consumer`.',
  },
  DB_MAX_IDLE_CONNS: {
    schema: wholeNumberText(0, 10_000),
    default: '25',
    meaning: 'Idle database connections that are kept.',
  },
  DB_CONN_MAX_LIFETIME_SEC: {
    schema: wholeNumberText(1, 86_400),
    default: '300',
    meaning: 'Seconds after which a database connection is replaced.',
  },
  SHUTDOWN_DEADLINE_SEC: {
    schema: wholeNumberText(1, 3_600),
    default: '20',
    meaning: 'Seconds that work in flight has to end after SIGTERM.',
  },
  LOG_LEVEL: { schema: oneOf(LOG_LEVELS), default: 'info', meaning: '`error`, `warn`, `info` or `debug`.' },
} satisfies Settings
