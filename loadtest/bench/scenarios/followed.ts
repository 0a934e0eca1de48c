import { randomBytes } from 'node:crypto'
import { freePorts } from '../../../dev/servers/ports.ts'
import type { Bench } from '../bench.ts'
import { runNamed } from '../findings.ts'
import { auditTables } from '../measure/auditTables.ts'
import { compareInTurn } from '../measure/compareInTurn.ts'
import { followedPerSecond, untilFollowed } from '../measure/followed.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { createEndpoints, openEndpoints } from '../stage/endpoints.ts'
import { seedKeys } from '../stage/keyedCustomers.ts'
import { startOperators } from '../stage/operators.ts'
import { withCrew } from '../stage/withCrew.ts'
import { ONE_RECIPIENT } from './oneRecipient.ts'

const RATE_START = 1_500
const CUSTOMERS = ONE_RECIPIENT.customerLast
const TOLD_SHARE = 0.1
const RECEIPT_DELAY = { minMs: 100, maxMs: 500 }
const SECRET_BYTES = 24
/**
 * Of the rate that S1 alone is offered, which is more than that carries: beyond its own limit the API would accept what
 * the rest does not follow in time.
 */
const OFFERED_SHARE = 0.7
const TITLE = 'S1 with receipts for all, and webhooks for a tenth of the customers'

/**
 * S1 with a receipt for each message and an endpoint for each tenth customer, in turn with S1 alone. Messages
 * count when the endpoints were told of their delivery.
 */
export async function followed(bench: Bench): Promise<void> {
  const { stage, stopList, options, findings, form, say } = bench
  const [apiPort = 0] = await freePorts(1)
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const operators = await startOperators(stage.logFolder, stopList, stage.checkout, {
    receipts: { apiPort, secret },
  })
  const endpoints = await openEndpoints()
  const told = CUSTOMERS * TOLD_SHARE
  const crewOptions = {
    ...{ stage: { ...stage, operators }, stopList, apiPort, customers: 2 * CUSTOMERS },
    env: { ...options.env, RECEIPTS_SECRET: secret, WEBHOOK_ALLOW_PRIVATE: 'yes' },
    fill: (database: Parameters<typeof seedKeys>[0]) => seedKeys(database, told, 'manage'),
  }
  const s1 = runNamed(findings, 'S1')
  const { turns, subject, reference } = await withCrew(crewOptions, async (crew) => {
    const customers = Array.from({ length: told }, (_, index) => 1 + index)
    await createEndpoints(crew.apiUrl, customers, () => endpoints.goodUrl)
    const answerWith = async (receiptRate: number) => {
      await untilFollowed(crew.databaseUrl)
      await operators.behave({ receiptRate, receiptDelay: RECEIPT_DELAY })
    }
    return compareInTurn(
      bench,
      { name: 'S1', title: TITLE, start: RATE_START, ...form.keyed, known: s1 && messagesPerSecond(s1) },
      [
        {
          ...{ name: 'followed', crew, load: ONE_RECIPIENT, offeredShare: OFFERED_SHARE },
          prepare: () => answerWith(1),
          carriedIn: (run) => Promise.resolve(followedPerSecond(run, endpoints.taken(), TOLD_SHARE)),
        },
        {
          ...{ name: 'without', crew, prepare: () => answerWith(0) },
          load: { ...ONE_RECIPIENT, customerFirst: CUSTOMERS + 1, customerLast: 2 * CUSTOMERS },
        },
      ],
    ).finally(() => untilFollowed(crew.databaseUrl))
  })
  await endpoints.close()
  const audit = await auditTables(stage.servers.databaseUrl)
  say(audit.isClean ? 'audit: clean' : 'audit: NOT CLEAN')
  findings.runs.push(...subject.slice(-1).map((run) => ({ ...run, title: TITLE, audit })))
  findings.followed = { scenario: 'S1', against: 'without', turns, ours: subject, theirs: reference }
}
