import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { keepSending } from '../clients/keepSending.ts'
import { START_TIMEOUT_MS } from '../settleDown.ts'
import type { SupervisedProcess } from '../stage/supervisedProcess.ts'
import { ROLES } from '../steps.ts'
import { isReady } from '../untilHealthy.ts'
import { describeRestarts } from './restarts.ts'
import type { Scenario } from './scenario.ts'

const THINK_MS = 50
/** Load between two restarts and around all of them. */
const BETWEEN_MS = 1_000
const LABEL = 'with key: '

/** Every process of every role ends in order, one after the other, as in a rolling update, while clients go on sending. */
export const restartInTurn: Scenario = async ({ world, record }, { holders, seed, say }) => {
  const { stage, processes } = world
  const { sent, stop } = keepSending({
    ...{ apiUrls: processes.apiUrls, holders, record, seed, thinkMs: THINK_MS },
    ...{ name: 'restart', words: 'through a restart' },
  })
  let count = 0
  for (const each of ROLES.flatMap((role) => processes.of(role))) {
    await pause(BETWEEN_MS)
    say(`${each.name} is restarted`)
    await restart(each)
    count++
  }
  await pause(BETWEEN_MS)
  await stop()
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

async function countMarked(db: Db): Promise<number> {
  const { rows } = await read(db, 'chaos.marked', (reader) =>
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM sms_status WHERE possible_duplicate`.execute(reader),
  )
  return Number(rows[0]?.n)
}
