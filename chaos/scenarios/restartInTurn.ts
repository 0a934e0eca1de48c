import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { Sent } from '../clients/record.ts'
import { sendKeyed } from '../clients/sendKeyed.ts'
import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { START_TIMEOUT_MS } from '../settleDown.ts'
import type { SupervisedProcess } from '../stage/supervisedProcess.ts'
import { ROLES } from '../steps.ts'
import { isReady } from '../untilHealthy.ts'
import { describeRestarts } from './restarts.ts'
import type { Scenario } from './scenario.ts'

const CLIENTS = 12
const THINK_MS = 50
const EXPRESS_SHARE = 0.3
const TRIES_MAX = 20
const FIRST_NUMBER_MAX = 9_000_000_000
/** Load between two restarts and around all of them. */
const BETWEEN_MS = 1_000
const LABEL = 'with key: '

/** Every process of every role ends in order, one after the other, as in a rolling update, while clients go on sending. */
export const restartInTurn: Scenario = async ({ world, record }, { holders, seed, say }) => {
  const { stage, processes } = world
  const sent: Sent[] = []
  let isStopping = false
  const client = async (number: number) => {
    const random = openRandom(seed + number)
    for (let turn = 0; !isStopping; turn++) {
      const holder = random.pick(holders)
      const each = draw(random, { mark: `restart-${number}.${turn}`, customer: holder.customer })
      sent.push(each)
      const options = { words: 'through a restart', triesMax: TRIES_MAX, isSteady: true }
      await sendKeyed({ apiUrls: processes.apiUrls, holder, random, record }, each, options)
      await pause(THINK_MS)
    }
  }
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(number))
  let count = 0
  for (const each of ROLES.flatMap((role) => processes.of(role))) {
    await pause(BETWEEN_MS)
    say(`${each.name} is restarted`)
    await restart(each)
    count++
  }
  await pause(BETWEEN_MS)
  isStopping = true
  await Promise.all(clients)
  const answers = new Map(
    [...record.answers].flatMap(([label, times]) =>
      label.startsWith(LABEL) ? [[label.slice(LABEL.length), times] as const] : [],
    ),
  )
  return async () => describeRestarts(sent, { count, answers, marked: await countMarked(stage.db) })
}

/** The next one is restarted when this one is ready again. */
async function restart(supervised: SupervisedProcess): Promise<void> {
  const before = supervised.program?.pid
  await supervised.replace()
  const isBack = async () => supervised.program?.pid !== before && (await isReady(supervised))
  await waitUntil(isBack, { what: `${supervised.name} to be ready again`, timeoutMs: START_TIMEOUT_MS })
}

function draw(random: Random, { mark, customer }: Pick<Sent, 'mark' | 'customer'>): Sent {
  return {
    ...{ mark, customer, type: random.share() < EXPRESS_SHARE ? 'express' : 'normal', recipients: 1 },
    ...{ firstNumber: random.whole(0, FIRST_NUMBER_MAX), answered: 'unknown', label: '' },
  }
}

async function countMarked(db: Db): Promise<number> {
  const { rows } = await read(db, 'chaos.marked', (reader) =>
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM sms_status WHERE possible_duplicate`.execute(reader),
  )
  return Number(rows[0]?.n)
}
