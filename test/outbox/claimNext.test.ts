import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claimNext, openRelayState } from '../../src/outbox/claimNext.ts'
import type { RelayState } from '../../src/outbox/claimNext.ts'
import { append } from '../../src/outbox/index.ts'
import type { RelaySettings } from '../../src/outbox/index.ts'
import { CLAIM_RECIPIENTS_MAX } from '../../src/outbox/claim.ts'
import { publishPosition, readPosition } from '../../src/outbox/positions.ts'
import type { Publisher } from '../../src/platform/broker/index.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { makeDue } from '../support/makeDue.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { relaySettings } from './relaySettings.ts'
import { appendRow, rangesOf, readyOf, rowsOf } from './rows.ts'

const SLACK_MS = 3_000
const FULL_SCAN_IDLE_MS = 1_000
const FULL_SCAN_BUSY_MS = 5_000
const BUSY_LOOK_UP_MS = 250

describe('one claim of the relay after another', () => {
  let stack: Stack
  let db: Db
  let timeMs: number
  let settings: RelaySettings
  let state: RelayState
  const broker: Publisher = {
    isReady: () => true,
    readyMessages: () => Promise.resolve(0),
    publish: () => Promise.resolve('confirmed'),
    close: () => Promise.resolve(),
  }
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await look(db, sql`UPDATE outbox_positions SET order_key = 0`)
    timeMs = 0
    settings = { ...relaySettings(stack, 'normal', broker), nowMs: () => timeMs }
    state = openRelayState(settings)
  })
  afterEach(() => stack.drop())

  /** The messages that the next round claims. */
  const next = async (isBusy = false) => {
    const claimed = await claimNext(settings, state, { isBusy })
    assert.ok(claimed !== 'queue full')
    return rangesOf(claimed).map(({ smsIdentifier }) => smsIdentifier)
  }
  const ready = (tag: number) => appendRow(db, { condition: 'ready', tag }, { recipients: 100 })
  /** Claims reach a key, and time passes, so that later scans start there. */
  async function reach(tag: number): Promise<void> {
    const smsIdentifier = await ready(tag)
    assert.deepEqual(await next(), [smsIdentifier])
    // Once until nothing older than the slack is remembered, and once more for the start of a relay.
    timeMs += SLACK_MS
    assert.deepEqual(await next(), [])
    timeMs += SLACK_MS
    assert.deepEqual(await next(), [])
  }

  it('starts where claims were, and finds a row below from the beginning after a second without work', async () => {
    await reach(1_000_000)
    const below = await ready(500_000)
    assert.deepEqual(await next(), [], 'it starts above the row')
    timeMs += FULL_SCAN_IDLE_MS
    assert.deepEqual(await next(), [below])
  })

  it('finds a row below the start after five seconds when it is never without work', async () => {
    await reach(1_000_000)
    const below = await ready(500_000)
    let passedMs = 0
    for (;;) {
      const above = await ready(1_000_000 + passedMs)
      const claimed = await next(true)
      assert.ok(claimed.includes(above))
      if (claimed.includes(below)) break
      passedMs += BUSY_LOOK_UP_MS
      timeMs += BUSY_LOOK_UP_MS
      assert.ok(passedMs <= FULL_SCAN_BUSY_MS)
    }
    assert.equal(passedMs, FULL_SCAN_BUSY_MS)
  })

  it('finds a row that is committed a little below what it has claimed meanwhile', async () => {
    await reach(1_000_000)
    timeMs += SLACK_MS / 2
    await ready(3_000_000)
    assert.equal((await next()).length, 1)
    // Its transaction began when the published position was that of the first claim.
    const late = await ready(
      (await read(db, 'test.position', (reader) => readPosition(reader, 'normal'))) - 1,
    )
    timeMs += SLACK_MS / 2
    assert.deepEqual(await next(true), [late])
  })

  it('publishes what claims reached, also when nothing is ready any more', async () => {
    const position = () => read(db, 'test.position', (reader) => readPosition(reader, 'normal'))
    await ready(1_000)
    await next()
    await next()
    assert.equal(await position(), 1_001)
    await ready(2_000)
    await next()
    timeMs += 1_000
    assert.deepEqual([await next(), await position()], [[], 2_001])
  })

  const due = (until = new Date(1_000)) => appendRow(db, { condition: 'waiting', until }, { recipients: 100 })

  it('claims what came due first, though it was written long before, and ready rows next', async () => {
    const old = await appendRow(db, { condition: 'waiting', until: { afterMs: 60_000 } }, { recipients: 100 })
    await reach(1_000_000)
    const waiting = await ready(1_000_500)
    await transact(db, 'test.due', (tx) => makeDue(tx, sql`TRUE`))
    const claimed = await claimNext(settings, state, { isBusy: false })
    assert.ok(claimed && claimed !== 'queue full')
    assert.ok(rangesOf(claimed).some(({ smsIdentifier }) => smsIdentifier === old))
    assert.equal(claimed.isFull, true, 'more is ready')
    assert.deepEqual(await next(true), [waiting])
  })

  it('takes turns between what came due and what is ready while there are both', async () => {
    settings = { ...settings, batchSizeMax: 100 }
    const [dues, readies] = [
      [await due(), await due(), await due()],
      [await ready(1_000), await ready(2_000)],
    ]
    const claimed: string[] = []
    for (let round = 0; round < 5; round++) claimed.push(...(await next(true)))
    assert.deepEqual(claimed, [dues[0], readies[0], dues[1], readies[1], dues[2]])
  })

  it('claims ready rows in the same round when another session locks all that came due', async () => {
    await due()
    const row = await ready(1_000)
    await transact(db, 'test.lock', async (tx) => {
      await sql`SELECT id FROM outbox_events FORCE INDEX (PRIMARY) WHERE lane = 3 FOR UPDATE`.execute(tx)
      assert.deepEqual(await next(), [row])
    })
  })

  it('looks for what came due four times a second while it is busy', async () => {
    await reach(1_000_000)
    for (const tag of [1_001_000, 1_002_000]) await ready(tag)
    assert.equal((await next()).length, 2)
    await transact(db, 'test.due', (tx) => makeDue(tx, sql`order_key > 0`))
    timeMs += BUSY_LOOK_UP_MS - 1
    assert.deepEqual(await next(true), [])
    timeMs += 1
    assert.ok((await next(true)).length > 0)
  })

  it('claims on from where it was when more came due at once than a claim takes', async () => {
    const many = CLAIM_RECIPIENTS_MAX / 100 + 1
    const rows = Array.from({ length: many }, () => ({
      ...{ id: newIdOf(db)(), type: 'normal' as const },
      ranges: [{ smsIdentifier: newIdOf(db)(), first: 1, last: 100, userId: 1 }],
      order: { condition: 'waiting' as const, until: new Date(1_000) },
    }))
    await transact(db, 'test.append', (tx) => append(tx, rows))
    // Without the place, a busy relay would look a quarter of a second later, and not as far back.
    const sizes = [await next(true), await next(true), await next(true)].map(({ length }) => length)
    assert.deepEqual(sizes, [12, many - 12, 0])
  })

  it('starts where claims were before it was started, when its scan from the beginning takes too long', async () => {
    await transact(db, 'test.publish', (tx) => publishPosition(tx, 'normal', 1_000_000))
    await ready(500_000)
    const above = await ready(1_000_001)
    const scan = state.scanStart.timeFullScan(() => {
      timeMs += 8_000
      return Promise.reject(new Error('took too long'))
    })
    await assert.rejects(scan)
    assert.deepEqual(await next(), [above])
  })

  it('finds what came due while it could not look, though its scan from the beginning was not answered', async () => {
    await next()
    assert.ok(state.dueKnownUntil)
    state.dueKnownUntil -= 600_000_000
    const row = await appendRow(db, { condition: 'waiting', until: new Date(Date.now() - 300_000) })
    const scan = state.scanStart.timeFullScan(() => {
      timeMs += 8_000
      return Promise.reject(new Error('took too long'))
    })
    await assert.rejects(scan)
    assert.deepEqual(await next(), [row])
    assert.deepEqual(await next(), [])
  })

  it('claims nothing, and leaves due rows waiting, while the queue is full', async () => {
    await appendRow(db, { condition: 'waiting', until: new Date(1_000) })
    await ready(1_000)
    const full = { ...settings, publisher: { ...broker, readyMessages: () => Promise.resolve(5) } }
    assert.equal(await claimNext(full, state, { isBusy: false }), 'queue full')
    assert.deepEqual([(await readyOf(db)).length, (await rowsOf(db)).length], [1, 2])
    assert.equal([...(await next()), ...(await next())].length, 2)
  })

  describe('of express', () => {
    const guaranteed = (deadlineInMs: number) =>
      appendRow(db, { condition: 'ready', deadlineInMs }, { type: 'express', recipients: 100 })

    beforeEach(() => {
      settings = { ...relaySettings(stack, 'express', broker), nowMs: () => timeMs, batchSizeMax: 100 }
      state = openRelayState(settings)
    })

    it('takes them in the order of their guarantees, not of their acceptance', async () => {
      // Each counts from its own INSERT: they lie so far apart that no slow machine changes their order.
      const last = await guaranteed(5_000)
      const second = await guaranteed(-60_000)
      const first = await guaranteed(-120_000)
      assert.deepEqual([await next(true), await next(true), await next(true)], [[first], [second], [last]])
    })

    it('finds one with a short guarantee at once after one with the longest was claimed', async () => {
      const long = await guaranteed(5_000)
      assert.deepEqual(await next(), [long])
      timeMs += SLACK_MS
      assert.deepEqual(await next(), [])
      timeMs += SLACK_MS
      assert.deepEqual(await next(), [])
      const short = await guaranteed(200)
      assert.deepEqual(await next(true), [short])
    })
  })
})
