import { databaseNowMs, read } from '../platform/db/index.ts'
import type { Db, Reader, Tx } from '../platform/db/index.ts'
import { endTariff as endRow, findTariff, insertTariff, listTariffs as listRows } from '../tariffs/index.ts'
import type { NewTariff, StoredTariff } from '../tariffs/index.ts'
import type { Change } from './adminLog.ts'
import { changeAccounts } from './change.ts'
import type { AccountsContext, Changed } from './change.ts'
import { findCustomer, findPublicIds } from './customers.ts'

/** A tariff with the public identifier of its customer; null for all customers. */
export interface CustomerTariff extends StoredTariff {
  customer: string | null
}

/** What an admin sets of a new tariff. */
export interface TariffValues extends Omit<NewTariff, 'userId'> {
  customer: string | null
}

export type CreateTariffDecision =
  { kind: 'created'; tariff: CustomerTariff } | { kind: 'customer_not_found' } | { kind: 'too_many_tariffs' }

/**
 * - ended: it ends at that time, by this or by an earlier request.
 * - ends_earlier: its end is before the one that was asked for; nothing was changed.
 * - before_its_begin: it had not begun at that time; nothing was changed.
 */
export type EndTariffDecision =
  | { kind: 'ended'; tariff: CustomerTariff }
  | { kind: 'ends_earlier'; validUntilMs: number }
  | { kind: 'before_its_begin' }
  | { kind: 'tariff_not_found' }

export interface TariffPageQuery {
  /** One customer's own; of all customers and for all by default. */
  customer?: string | undefined
  limit: number
  before?: number | undefined
}

export interface TariffPage {
  items: CustomerTariff[]
  nextBefore: number | null
}

/** Creates a tariff, for one customer or for all. It counts in every process about a second later. */
export function createTariff(
  context: AccountsContext,
  { customer: publicId, ...values }: TariffValues,
  actor: string,
): Promise<CreateTariffDecision> {
  return changeAccounts<CreateTariffDecision>(context, 'accounts.create_tariff', async (tx) => {
    const customer = publicId === null ? null : await findCustomer(tx, publicId)
    if (customer === undefined) return { result: { kind: 'customer_not_found' } }
    const userId = customer?.userId ?? null
    const id = await insertTariff(tx, { ...values, userId })
    if (id === undefined) return { result: { kind: 'too_many_tariffs' } }
    const tariff = await readBack(tx, id)
    return changed(
      { kind: 'created', tariff },
      { actor, action: 'tariff.create', userId, details: { id, ...values } },
    )
  })
}

/**
 * Ends a tariff, now by default; one that has not begun then never holds. An end can be brought forward and not be put
 * back, so that a message is explained by the row that it names.
 */
export function endTariff(
  context: AccountsContext,
  { id, validUntilMs }: { id: number; validUntilMs: number | undefined },
  actor: string,
): Promise<EndTariffDecision> {
  return changeAccounts<EndTariffDecision>(context, 'accounts.end_tariff', async (tx) => {
    const tariff = await findTariff(tx, id)
    if (!tariff) return { result: { kind: 'tariff_not_found' } }
    const { userId, validFromMs, validUntilMs: before } = tariff
    if (validUntilMs !== undefined && validUntilMs < validFromMs)
      return { result: { kind: 'before_its_begin' } }
    const endMs = validUntilMs ?? Math.max(databaseNowMs(context.db), validFromMs)
    if (before !== null && before <= endMs) {
      const isLater = validUntilMs !== undefined && before < endMs
      if (isLater) return { result: { kind: 'ends_earlier', validUntilMs: before } }
      return { result: { kind: 'ended', tariff: await readBack(tx, id) } }
    }
    await endRow(tx, id, endMs)
    const details = { id, validUntilMs: endMs }
    return changed(
      { kind: 'ended', tariff: await readBack(tx, id) },
      { actor, action: 'tariff.end', userId, details },
    )
  })
}

/** @returns a page of tariffs, newest first, ended ones included; undefined for an unknown customer. */
export function listTariffs(
  db: Db,
  { customer: publicId, limit, before }: TariffPageQuery,
): Promise<TariffPage | undefined> {
  return read(db, 'accounts.list_tariffs', async (reader) => {
    const customer = publicId === undefined ? null : await findCustomer(reader, publicId)
    if (customer === undefined) return undefined
    const rows = await listRows(reader, { userId: customer?.userId, limit: limit + 1, before })
    const items = await withCustomers(reader, rows.slice(0, limit))
    return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
  })
}

/** Tariffs have a revision of their own, which their slice raises: keys stay as they are. */
function changed<T>(result: T, change: Change): Changed<T> {
  return { result, change, raise: () => Promise.resolve() }
}

async function readBack(tx: Tx, id: number): Promise<CustomerTariff> {
  const tariff = await findTariff(tx, id)
  const [whole] = tariff ? await withCustomers(tx, [tariff]) : []
  if (!whole) throw new Error(`tariff ${id} is not there after it was written`)
  return whole
}

async function withCustomers(reader: Reader, tariffs: StoredTariff[]): Promise<CustomerTariff[]> {
  const userIds = tariffs.flatMap(({ userId }) => userId ?? [])
  const publicIds = await findPublicIds(reader, userIds)
  return tariffs.map((tariff) => ({
    ...tariff,
    customer: tariff.userId === null ? null : (publicIds.get(tariff.userId) ?? null),
  }))
}
