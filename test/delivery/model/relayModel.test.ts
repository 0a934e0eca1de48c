import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import { claimEnvelopes, settle } from '../../../src/delivery/index.ts'
import type { Settlement } from '../../../src/delivery/index.ts'
import { claim, hasDue } from '../../../src/outbox/claim.ts'
import type { Claim } from '../../../src/outbox/claim.ts'
import type { Envelope } from '../../../src/outbox/index.ts'
import { giveBack, markPublished } from '../../../src/outbox/settle.ts'
import { CommitUnknown, closeDb, openDb } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import type { MessageClass } from '../../../src/primitives/messageClass.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'
import { fund, look, newIdOf, offer } from '../../support/arrange.ts'
import { loseCommit } from '../../support/loseCommit.ts'
import { emptyTables, freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { parametersOf } from './parameters.ts'
import { spellOut } from './relayModel.ts'
import { readTable } from './table.ts'
import type { Table } from './table.ts'

const RUNS = 40
const RELAYS = 3
const CUSTOMER = 1
/** Rounds until nothing is due any more, at 3 envelopes of each class a relay and round. */
const ROUNDS_MAX = 60

/** What one relay, or one consumer, does; those of a group do it at the same time. */
type Command =
  | { kind: 'send'; sizes: number[]; type: MessageClass }
  | { kind: 'relay'; type: MessageClass; envelopesMax: number; batchSizeMax: number; rowsMax: number }
  /** The claim's COMMIT, or its answer, is lost: the relay knows of nothing. */
  | { kind: 'relayLosing'; type: MessageClass; part: 'request' | 'answer' }
  /** With some claim of before, its lease run out or not. */
  | { kind: 'mark' | 'giveBack'; claim: number }
  /** An envelope reaches a consumer, once more perhaps, and some of its recipients end. */
  | { kind: 'consume'; envelope: number; some: number }
  /** Time passes for one row: its lease runs out. */
  | { kind: 'due'; row: number }

const type = fc.constantFrom<MessageClass>('normal', 'normal', 'express')
const choice = fc.nat({ max: 99 })
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    sizes: fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constant(130)), {
      minLength: 1,
      maxLength: 6,
    }),
    type,
  }),
  fc.record({
    kind: fc.constant('relay' as const),
    type,
    envelopesMax: fc.integer({ min: 1, max: 5 }),
    batchSizeMax: fc.constantFrom(2_000, 2_000, 20, 1),
    rowsMax: fc.constantFrom(500, 500, 4, 1),
  }),
  fc.record({
    kind: fc.constant('relayLosing' as const),
    type,
    part: fc.constantFrom('request' as const, 'answer' as const),
  }),
  fc.record({ kind: fc.constantFrom('mark' as const, 'giveBack' as const), claim: choice }),
  fc.record({
    kind: fc.constant('consume' as const),
    envelope: choice,
    some: fc.integer({ min: 1, max: 1_023 }),
  }),
  fc.record({ kind: fc.constant('due' as const), row: choice }),
)
const history = fc.array(fc.array(command, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 15,
  size: 'max',
})

/** What relays know, and what reached the broker. */
interface Known {
  claims: Claim[]
  envelopes: Envelope[]
  sent: Set<string>
  ended: Set<string>
}

describe('relays under random histories', function () {
  let stack: Stack
  let proxy: TcpProxy
  let lossy: Db
  const parameters = parametersOf(RUNS)
  this.timeout(parameters.timeoutMs)

  before(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
    lossy = openDb({ ...stack.db.settings, url: proxy.url })
  })
  after(async () => {
    await closeDb(lossy)
    await proxy.close()
    await stack.drop()
  })

  it('lose no recipient and invent none: the outbox names each unfinished one once, and the relays publish it', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (groups) => {
        await emptyTables(stack.db)
        await fund(stack.db, CUSTOMER, 1_000_000)
        const known: Known = { claims: [], envelopes: [], sent: new Set(), ended: new Set() }
        for (const group of groups) {
          const before = await readTable(stack.db)
          const claims = await Promise.all(group.map((each) => run(known, before, each)))
          const claimed = claims.flatMap((each) => each ?? [])
          await check(known)
          // A row that comes due in the middle may be claimed by two, one after the other.
          if (group.every(({ kind }) => kind !== 'due')) assertApart(claimed)
          known.claims.push(...claimed)
          known.envelopes.push(...claimed.flatMap(({ envelopes }) => envelopes))
        }
        await publishAll(known)
      }),
      parameters.property,
    )
  })

  /** @returns what a relay claimed. */
  async function run(known: Known, table: Table, each: Command): Promise<Claim | undefined> {
    const { db } = stack
    switch (each.kind) {
      case 'send': {
        const verdicts = await offer(
          db,
          ...each.sizes.map((to) => ({ userId: CUSTOMER, to, type: each.type })),
        )
        for (const verdict of verdicts) {
          assert.ok(verdict.kind === 'accepted')
          const { smsIdentifier, recipients: last } = verdict
          for (const ref of spellOut([{ smsIdentifier, first: 1, last, userId: CUSTOMER }]))
            known.sent.add(ref)
        }
        return undefined
      }
      case 'relay':
        return claim(db, each.type, each.envelopesMax, newIdOf(db), each)
      case 'relayLosing':
        return claimLosing(each.type, each.part)
      case 'mark':
      case 'giveBack':
        await afterClaim(known, each)
        return undefined
      case 'consume':
        await consume(known, each)
        return undefined
      case 'due': {
        const row = table.outbox[each.row % table.outbox.length]
        if (row)
          await look(
            db,
            sql`UPDATE outbox_events SET next_run_at = NOW(6) WHERE id = UNHEX(${row.id.replaceAll('-', '')})`,
          )
        return undefined
      }
    }
  }

  async function claimLosing(type: MessageClass, part: 'request' | 'answer'): Promise<Claim | undefined> {
    const lost = loseCommit(proxy, part)
    try {
      return await claim(lossy, type, 3, newIdOf(stack.db))
    } catch (error) {
      assert.ok(error instanceof CommitUnknown, String(error))
      return undefined
    } finally {
      lost.end()
    }
  }

  async function afterClaim(known: Known, { kind, claim: choice }: Command & { kind: 'mark' | 'giveBack' }) {
    const chosen = known.claims[choice % known.claims.length]
    if (!chosen) return
    const { leaseUntil } = chosen
    const outboxIds = chosen.envelopes.map(({ outboxId }) => outboxId)
    if (kind === 'mark')
      return markPublished(
        stack.db,
        outboxIds.map((outboxId) => ({ outboxId, leaseUntil })),
      )
    await giveBack(stack.db, outboxIds, chosen, { reason: 'so it is', countAttempt: choice % 2 === 0 })
  }

  async function consume(
    known: Known,
    { envelope: choice, some }: Command & { kind: 'consume' },
  ): Promise<void> {
    const envelope = known.envelopes[choice % known.envelopes.length]
    if (!envelope) return
    const [hand] = await claimEnvelopes(stack.db, [envelope])
    if (!hand || hand.tasks.length === 0) return
    const endings = hand.tasks.map((task, index): Settlement => {
      if (((some >> (index % 10)) & 1) === 0)
        return { kind: 'released', task, tried: true, reason: 'not now' }
      return { kind: 'done', task, provider: 'a', providerMessageId: task.reference }
    })
    const [settled] = await settle(stack.db, [{ inFlight: hand.inFlight, endings }])
    for (const { kind, task } of settled?.endings ?? []) if (kind === 'done') known.ended.add(task.reference)
  }

  async function check(known: Known): Promise<void> {
    const { recipients, outbox } = await readTable(stack.db)
    const named = outbox.flatMap(({ refs }) => refs)
    assert.equal(new Set(named).size, named.length, 'a recipient is named twice')
    assert.ok(
      named.every((ref) => known.sent.has(ref)),
      'a recipient is invented',
    )
    assert.deepEqual(new Set(recipients.keys()), known.sent)
    const unfinished = [...recipients].flatMap(([ref, { status }]) => (status === 'done' ? [] : [ref]))
    assert.deepEqual(unfinished.toSorted(), [...known.sent].filter((ref) => !known.ended.has(ref)).sort())
    const names = new Set(named)
    assert.deepEqual(
      unfinished.filter((ref) => !names.has(ref)),
      [],
      'a recipient is lost',
    )
  }

  function assertApart(claims: Claim[]): void {
    const taken = claims.flatMap(({ envelopes }) => envelopes.flatMap(({ ranges }) => spellOut(ranges)))
    assert.equal(new Set(taken).size, taken.length, 'two relays claimed a recipient at once')
  }

  /** Whatever was lost on the way comes due again, and several relays publish all of it between them. */
  async function publishAll(known: Known): Promise<void> {
    await look(stack.db, sql`UPDATE outbox_events SET next_run_at = NOW(6) - INTERVAL 1 SECOND`)
    const { outbox } = await readTable(stack.db)
    const published: string[] = []
    const isDue = async () => (await hasDue(stack.db, 'normal')) || (await hasDue(stack.db, 'express'))
    // A round may find nothing: a row is skipped while another relay looks at it, and be it to see that it is not its own.
    for (let round = 1; await isDue(); round++) {
      assert.ok(round <= ROUNDS_MAX, 'something is due for ever')
      const claims = await Promise.all(
        (['normal', 'express'] as const).flatMap((type) =>
          Array.from({ length: RELAYS }, () => claim(stack.db, type, 3, newIdOf(stack.db))),
        ),
      )
      const envelopes = claims.flatMap((each) => each?.envelopes ?? [])
      published.push(...envelopes.flatMap(({ ranges }) => spellOut(ranges)))
    }
    assert.deepEqual(published.toSorted(), outbox.flatMap(({ refs }) => refs).sort())
    assert.ok([...known.sent].every((ref) => known.ended.has(ref) || published.includes(ref)))
  }
})
