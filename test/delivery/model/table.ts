import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { SmsState } from '../../../db/schema.ts'
import { decodeRanges } from '../../../src/outbox/index.ts'
import { PRIORITY } from '../../../src/outbox/priority.ts'
import { read } from '../../../src/platform/db/index.ts'
import type { Db, Reader } from '../../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../../src/primitives/identifier.ts'
import type { Model, Recipient } from './state.ts'
import { spellOut } from './relayModel.ts'

/** All that the tables say, in the model's words. */
export interface Table {
  recipients: Map<string, Omit<Recipient, 'userId' | 'price' | 'type'>>
  outbox: {
    id: string
    priority: number
    refs: string[]
    isMerged: boolean
    dueAtMs: number
    attempts: number
  }[]
  balances: Map<number, number>
  /** What each customer's ledger comes to. */
  sums: Map<number, number>
  refunds: { ref: string; userId: number; amount: number }[]
}

const sinceEpochMs = (column: string) =>
  sql<string>`TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', ${sql.ref(column)}) / 1000`

export function readTable(db: Db): Promise<Table> {
  return read(db, 'test.table', async (reader) => ({
    recipients: await readRecipients(reader),
    outbox: await readOutbox(reader),
    ...(await readMoney(reader)),
  }))
}

interface StatusRow {
  id: Buffer
  no: number
  status: SmsState
  owner: Buffer | null
  lease_ms: string | null
  retrying_ms: string | null
  possibly_sent: number
  possible_duplicate: number
  provider: string
  provider_message_id: string | null
}

async function readRecipients(reader: Reader): Promise<Table['recipients']> {
  const { rows } = await sql<StatusRow>`SELECT sms_identifier AS id, recipient_no AS no, status, owner,
      ${sinceEpochMs('lease_until')} AS lease_ms, ${sinceEpochMs('retrying_since')} AS retrying_ms,
      possibly_sent, possible_duplicate, provider, provider_message_id FROM sms_status`.execute(reader)
  return new Map(
    rows.map((row) => [
      `${identifierFromBytes(row.id)}:${row.no}`,
      {
        status: row.status,
        owner: row.owner?.toString('hex') ?? null,
        leaseUntilMs: Number(row.lease_ms),
        retryingSinceMs: row.retrying_ms === null ? null : Number(row.retrying_ms),
        possiblySent: row.possibly_sent === 1,
        possibleDuplicate: row.possible_duplicate === 1,
        provider: row.provider,
        providerMessageId: row.provider_message_id,
      },
    ]),
  )
}

async function readOutbox(reader: Reader): Promise<Table['outbox']> {
  const { rows } = await sql<{
    id: Buffer
    priority: number
    payload: string
    user_id: number | null
    due_ms: string
    attempts: number
  }>`SELECT id, priority, payload, user_id, ${sinceEpochMs('next_run_at')} AS due_ms, attempts
     FROM outbox_events ORDER BY id`.execute(reader)
  return rows.map((row) => ({
    id: identifierFromBytes(row.id),
    priority: row.priority,
    refs: spellOut(decodeRanges(row.payload) ?? []),
    isMerged: row.user_id === null,
    dueAtMs: Number(row.due_ms),
    attempts: row.attempts,
  }))
}

async function readMoney(reader: Reader): Promise<Pick<Table, 'balances' | 'sums' | 'refunds'>> {
  const balances = await sql<{ user_id: number; balance: number; total: string }>`
    SELECT b.user_id, b.balance, (SELECT SUM(t.amount) FROM user_transactions t WHERE t.user_id = b.user_id) AS total
    FROM user_balances b`.execute(reader)
  const refunds = await sql<{ id: Buffer; no: number; user_id: number; amount: number }>`
    SELECT transaction_id AS id, recipient_no AS no, user_id, amount FROM user_transactions
    WHERE transaction_type = 'refund'`.execute(reader)
  return {
    balances: new Map(balances.rows.map((row) => [row.user_id, row.balance])),
    sums: new Map(balances.rows.map((row) => [row.user_id, Number(row.total)])),
    refunds: refunds.rows.map(({ id, no, user_id, amount }) => ({
      ref: `${identifierFromBytes(id)}:${no}`,
      userId: user_id,
      amount,
    })),
  }
}

/** What holds at every commit, whatever the model says. */
export function assertInvariants(before: Table | undefined, now: Table, m: Model): void {
  const named = now.outbox.flatMap(({ refs }) => refs)
  assert.equal(new Set(named).size, named.length, 'the outbox names a recipient twice')
  const isOver = (status: SmsState) => status === 'done' || status === 'failed'
  const unfinished = [...now.recipients].flatMap(([ref, { status }]) => (isOver(status) ? [] : [ref]))
  const names = new Set(named)
  assert.deepEqual(
    unfinished.filter((ref) => !names.has(ref)),
    [],
    'unfinished, and no outbox row names them',
  )
  const failed = [...now.recipients].flatMap(([ref, { status }]) => (status === 'failed' ? [ref] : []))
  const owed = failed.map((ref) => {
    const { userId = 0, price: amount = 0 } = m.recipients.get(ref) ?? {}
    return { ref, userId, amount }
  })
  const byRef = (a: { ref: string }, b: { ref: string }) => (a.ref < b.ref ? -1 : 1)
  assert.deepEqual(now.refunds.toSorted(byRef), owed.toSorted(byRef), 'one refund for each that failed')
  assert.deepEqual(now.balances, now.sums, 'the books balance')
  for (const [ref, { status, ...rest }] of before?.recipients ?? [])
    if (isOver(status)) assert.deepEqual(now.recipients.get(ref), { status, ...rest }, 'an ending changed')
}

/** Line by line, so that a difference can be read. Times count from now; an owner is named as the database does. */
export function viewOf(
  { recipients, outbox, balances }: Pick<Table, 'recipients' | 'outbox' | 'balances'>,
  nowMs: number,
): Record<string, unknown> {
  return {
    recipients: Object.fromEntries([...recipients].map(([ref, row]) => [ref, lineOf(row, nowMs)])),
    outbox: outbox
      .map(({ id, priority, refs, isMerged, dueAtMs, attempts }) => {
        const kind = isMerged ? 'merged' : 'own'
        return `${refs.toSorted().join(' ')} | ${kind} ${id} lane ${priority} due ${dueAtMs - nowMs} attempts ${attempts}`
      })
      .sort(),
    balances: Object.fromEntries(balances),
  }
}

function lineOf(row: Omit<Recipient, 'userId' | 'price' | 'type'>, nowMs: number): string {
  const { status, owner, leaseUntilMs, retryingSinceMs, provider, providerMessageId } = row
  const marks = `${row.possiblySent ? ' possibly sent' : ''}${row.possibleDuplicate ? ' possible duplicate' : ''}`
  const lease = status === 'sending' ? ` until ${leaseUntilMs - nowMs}` : ''
  const since = retryingSinceMs === null ? '' : ` since ${retryingSinceMs - nowMs}`
  return `${status} of ${owner}${lease}${since}${marks} ${provider} ${providerMessageId}`
}

/** What the tables should say. `owners`: the names that deliveries gave themselves. */
export function tableOf(m: Model, real: Table, owners: ReadonlyMap<string, string>): Table {
  const realIds = new Map(real.outbox.map(({ id, refs }) => [refs.join(' '), id]))
  return {
    ...real,
    balances: m.balances,
    recipients: new Map(
      [...m.recipients].map(([ref, row]) => [
        ref,
        { ...row, owner: row.owner === null ? null : (owners.get(row.owner) ?? row.owner) },
      ]),
    ),
    outbox: m.outbox.map(({ id, type, ...row }) => ({
      ...row,
      // Which name accept gave it shows when it is claimed.
      id: id ?? realIds.get(row.refs.join(' ')) ?? 'any',
      priority: PRIORITY[type],
    })),
  }
}
