import { z } from 'zod'
import { regionText } from '../numbers/index.ts'
import { idleTimeoutText, operatorUrlText } from '../operators/index.ts'
import {
  addressRangesText,
  currencyText,
  durationText,
  listenAddressText,
  nameText,
  oneOf,
  patternText,
  PORT_MAX,
  secretText,
  someOf,
  urlText,
  wholeNumberText,
} from '../platform/config/index.ts'
import type { Settings } from '../platform/config/index.ts'
import { NORMAL_ORDERS } from '../outbox/index.ts'
import { LOG_LEVELS } from '../platform/telemetry/index.ts'

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
    schema: urlText(['mysql'], { needsPath: true }),
    required: true,
    meaning: 'The MySQL or MariaDB database, as `mysql://user:password@host:3306/name`.',
  },
  AMQP_URL: {
    schema: urlText(['amqp', 'amqps']),
    meaning:
      'The RabbitMQ broker, as `amqp://user:password@host:5672/vhost`. Required with the roles `relay` and `consumer`. ' +
      'As for `DATABASE_URL`, a refused login ends the start, and an unreachable server is waited for.',
  },
  LISTEN_ADDR: {
    schema: listenAddressText(),
    default: '127.0.0.1:8080',
    meaning: 'Where HTTP is served: the API, or health and metrics alone without the role `api`.',
  },
  PORT: { schema: wholeNumberText(0, PORT_MAX), meaning: 'Overrides the port of `LISTEN_ADDR`.' },
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
      'The key for `/v1/admin` and `POST /balance/add`, at least 32 characters. Without it these are refused, and customers and ' +
      'keys are managed by `npm run admin`.',
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
      'A simulated operator. Without it test keys are refused; with it they can read, and not send yet.',
  },
  CURRENCY: {
    schema: currencyText(),
    default: 'USD',
    meaning: 'The ISO 4217 code of all money, which is counted in its smallest unit.',
  },
  OPERATORS_FILE: {
    schema: z.string(),
    meaning:
      'A YAML file that lists the operators in order of preference, instead of `OPERATOR_A_URL` and `OPERATOR_B_URL`.',
  },
  OPERATOR_A_URL: {
    schema: operatorUrlText(),
    meaning: 'Operator A, asked first. Required with the role `consumer` unless `OPERATORS_FILE` is set.',
  },
  OPERATOR_B_URL: {
    schema: operatorUrlText(),
    meaning: 'Operator B, asked when A does not take a message.',
  },
  OPERATOR_IDLE_TIMEOUT: {
    schema: idleTimeoutText(),
    default: '1s',
    meaning:
      'How long an idle connection to operator A or B is kept. Set it below what the operator keeps: a connection that ' +
      'the operator closes while a call leaves makes the result unknown.',
  },
  OPERATOR_CONCURRENCY: {
    schema: wholeNumberText(1, 1_000),
    default: '16',
    meaning: 'Operator calls at once, for each of the two classes.',
  },
  OPERATOR_BATCH_MAX: {
    schema: wholeNumberText(1, 100),
    default: '100',
    meaning: 'Messages of one operator call; 1 for an operator that takes them one by one.',
  },
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
  UNAVAILABLE_GRACE: {
    schema: durationText(86_400_000),
    default: '30s',
    meaning:
      'How long a message that no operator takes is retried for at least before it fails and is refunded: `500ms`, `30s`, ' +
      '`1m`. While every operator is down, one message at a time is submitted, so that an outage does not refund the backlog.',
  },
  UNKNOWN_SUBMISSIONS_MAX: {
    schema: wholeNumberText(1, 100),
    default: '3',
    meaning:
      'How often a normal message is submitted in all when no operator says whether it took it. Then it fails, is ' +
      'refunded and marked as possibly sent.',
  },
  UNKNOWN_SUBMISSIONS_MAX_EXPRESS: {
    schema: wholeNumberText(1, 100),
    default: '2',
    meaning: 'The same for an express message.',
  },
  PRICE_NORMAL: {
    schema: wholeNumberText(1, 1_000_000),
    default: '1',
    meaning: 'The price of a normal recipient.',
  },
  PRICE_EXPRESS: {
    schema: wholeNumberText(1, 1_000_000),
    default: '3',
    meaning: 'The price of an express recipient.',
  },
  NORMAL_QUEUE: { schema: nameText(200), default: 'sms.normal', meaning: 'The queue of normal messages.' },
  EXPRESS_QUEUE: { schema: nameText(200), default: 'sms.express', meaning: 'The queue of express messages.' },
  RECIPIENTS_MAX: {
    schema: wholeNumberText(1, 10_000),
    default: '10000',
    meaning: 'Recipients of one request, at most 10000.',
  },
  TEXT_CHARS_MAX: {
    schema: wholeNumberText(1, 1_600),
    default: '1600',
    meaning: 'Characters of a text in Unicode code points, at most 1600, which is what a row holds.',
  },
  MESSAGE_PARTS_MAX: {
    schema: wholeNumberText(1, 10),
    default: '10',
    meaning:
      'Parts of a text under `/v1`, at most 10, which is what a row holds in either alphabet. The other routes count ' +
      'characters: `TEXT_CHARS_MAX`.',
  },
  BODY_BYTES_MAX: {
    schema: wholeNumberText(1_024, 16_777_216),
    default: '1048576',
    meaning: 'Bytes of a request body.',
  },
  RECIPIENT_PATTERN: {
    schema: patternText(),
    meaning:
      'A regular expression that every recipient has to match as a whole, besides being 5 to 15 digits.',
  },
  DEFAULT_REGION: {
    schema: regionText(),
    meaning:
      'The country, such as `IR`, whose numbers may be written without its calling code under `/v1`. They are read as E.164. ' +
      'Without it a number keeps its digits.',
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
