import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBook } from '../../chaos/hostile/book.ts'
import { gatherCrowd } from '../../chaos/hostile/crowd.ts'
import { describeOffences } from '../../chaos/hostile/describe.ts'
import { drawPlan, SHARES } from '../../chaos/hostile/drawPlan.ts'
import { ADMIN_KEY, giveKeys } from '../../chaos/hostile/giveKeys.ts'
import { pinPrices } from '../../chaos/hostile/pinPrices.ts'
import { KINDS } from '../../chaos/hostile/plan.ts'
import { run } from '../../chaos/hostile/run.ts'
import { settle } from '../../chaos/hostile/settle.ts'
import { openTally } from '../../chaos/hostile/tally.ts'
import { makeWorld } from '../../chaos/hostile/world.ts'
import type { World } from '../../chaos/hostile/draw.ts'
import type { Program } from '../../dev/stack/programs.ts'
import { runAudit } from '../../dev/stack/runAudit.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'

const SEED = 20_240
const COUNT = 2_000
const CROWD = 500

describe('an engine under hostile requests', () => {
  let stack: Stack
  let engine: Program
  let world: World
  let folder: string
  const book = openBook()
  before(async () => {
    stack = await freshStack()
    await freshSimulators()
    folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    engine = await startEngineProcess(stack, { env: { ADMIN_API_KEY: ADMIN_KEY, EXPORT_FOLDER: folder } })
    world = await makeWorld(engine.url, book, await giveKeys(stack.databaseUrl))
    await pinPrices(stack.databaseUrl, world)
  })
  after(async () => {
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
    await stack.drop()
  })

  it('answers each or closes, never with an unplanned 5xx, and moves money by its price and nothing else', async () => {
    const target = { host: '127.0.0.1', port: engine.port }
    const tally = openTally()
    // Slow clients wait for the time-outs of the real server; those have tests of their own, with shorter ones.
    const shares = { ...SHARES, slow: 0 }
    const [, crowd] = await Promise.all([
      run({ target, world, seed: SEED, count: COUNT, shares }, book, tally),
      gatherCrowd(target, CROWD),
    ])
    assert.deepEqual(describeOffences(SEED, tally.offences), [])
    assert.deepEqual([tally.done, tally.offenders, crowd.faults], [COUNT, 0, []])
    for (const kind of KINDS) assert.equal(tally.kinds.has(kind), kind !== 'slow', kind)
    for (const status of [200, 201, 400, 401, 402, 404, 405, 413, 415, 421, 431])
      assert.ok(tally.statuses.has(status), `${status}`)

    const money = await settle(stack.databaseUrl, engine.url, world.customers, book)
    assert.deepEqual(money.faults, [])
    assert.ok(money.confirmed > 100, `${money.confirmed} requests were accepted`)
    assert.equal((await fetch(`${engine.url}/readyz`)).status, 200)
    const lines: string[] = []
    assert.ok(await runAudit(stack.databaseUrl, (line) => lines.push(line)), lines.join('\n'))
  })

  it('meets the same requests again under the same seed', () => {
    for (let index = 0; index < 200; index++) {
      assert.deepEqual(drawPlan(SEED, index, world), drawPlan(SEED, index, world))
    }
    const notes = new Set(Array.from({ length: 200 }, (_, index) => drawPlan(SEED + 1, index, world).note))
    assert.ok(notes.size > 50)
  })
})
