import { refuseTopUp } from '../../ledger/index.ts'
import { databaseNowMs } from '../../platform/db/index.ts'
import { readInput } from '../../platform/http/index.ts'
import { KEY_MODES } from '../../primitives/access.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import { readAdminLog } from '../adminLog.ts'
import type { AccountsContext } from '../change.ts'
import { changeCustomer } from '../changeCustomer.ts'
import { createCustomer, NO_LIMITS } from '../createCustomer.ts'
import { createKey } from '../createKey.ts'
import { listCustomers, readCustomer, readCustomerByNumber } from '../customers.ts'
import { listKeys } from '../keys.ts'
import { revokeKey } from '../revokeKey.ts'
import { createdOf, endedOf } from '../routes/adminTariffs.ts'
import { CreditBody } from '../routes/adminTopUp.ts'
import { CustomerBody, CustomerPatch, toCustomerItem, toValues } from '../routes/customerFields.ts'
import { toNewKey } from '../routes/keyAnswers.ts'
import { KeyBody, toKeyItem, toKeyRequest } from '../routes/keyFields.ts'
import { toLogItem } from '../routes/logEntry.ts'
import { customerExists, customerNotFound, keyNotFound, tariffNotFound } from '../routes/refuse.ts'
import {
  TariffBody,
  TariffEndBody,
  toTariffEnd,
  toTariffItem,
  toTariffValues,
} from '../routes/tariffFields.ts'
import { createTariff, endTariff, listTariffs } from '../tariffs.ts'
import { topUpRecorded } from '../topUpRecorded.ts'
import type { Customer } from '../types.ts'
import { commandActor } from './actor.ts'

/** What a command was called with: words behind its name, and options under the names of the API's members. */
export interface CommandInput {
  words: string[]
  options: Record<string, unknown>
}

/** A command on an open database. @returns what it prints. @throws Problem, as the API would refuse it. */
export type Command = (context: AccountsContext, input: CommandInput) => Promise<unknown>

/** Newest first; a person reads no more, and a program asks the API. */
const LISTED_MAX = 1_000

/** By name, as `npm run admin` takes them. They validate with the schemas of the API and answer in its words. */
export const COMMANDS: Record<string, Command> = {
  async 'customers list'({ db }) {
    return (await listCustomers(db, { limit: LISTED_MAX })).items.map(toCustomerItem)
  },
  async 'customers create'(context, { options }) {
    const { user_id: userId, ...body } = readInput(CustomerBody, options)
    const values = { ...NO_LIMITS, ...toValues(body), name: body.name, tier: body.tier, userId }
    const decision = await createCustomer(context, values, commandActor())
    if (decision.kind !== 'created') throw customerExists()
    return toCustomerItem(decision.customer)
  },
  async 'customers show'(context, { words: [id] }) {
    return toCustomerItem(await customerBy(context, id))
  },
  async 'customers change'(context, { words: [id], options }) {
    const values = toValues(readInput(CustomerPatch, options))
    const { publicId } = await customerBy(context, id)
    const changed = await changeCustomer(context, publicId, values, commandActor())
    if (!changed) throw customerNotFound()
    return toCustomerItem(changed)
  },
  async 'keys list'(context, { words: [id] }) {
    const { userId } = await customerBy(context, id)
    const page = await listKeys(context.db, { userId, modes: KEY_MODES }, { limit: LISTED_MAX })
    return page.items.map(toKeyItem)
  },
  async 'keys create'(context, { words: [id], options }) {
    const request = toKeyRequest(readInput(KeyBody, options), databaseNowMs(context.db))
    const { userId } = await customerBy(context, id)
    return toNewKey(await createKey(context, userId, request, commandActor()))
  },
  async 'keys revoke'(context, { words: [id, keyId = ''] }) {
    const { userId } = await customerBy(context, id)
    if (!(await revokeKey(context, { userId, modes: KEY_MODES }, keyId, commandActor()))) throw keyNotFound()
    return { id: keyId, status: 'revoked' }
  },
  async 'top-up'(context, { words: [id, amount], options }) {
    const body = readInput(CreditBody, { ...options, amount_cents: Number(amount) })
    const { userId, publicId } = await customerBy(context, id)
    const request = { userId, amount: body.amount_cents, description: body.description }
    const decision = await topUpRecorded(context, request, commandActor())
    if (decision.kind === 'replayed') throw new Error('a command has no idempotency key')
    if (decision.kind !== 'added') throw refuseTopUp(decision)
    return { id: publicId, credit_cents: decision.balance, transaction_id: decision.transactionId }
  },
  async 'tariffs list'(context, { options }) {
    const page = await listTariffs(context.db, { ...(await toPublicId(context, options)), limit: LISTED_MAX })
    return page?.items.map(toTariffItem)
  },
  async 'tariffs create'(context, { options }) {
    const body = readInput(TariffBody, { ...options, ...(await toPublicId(context, options)) })
    const values = toTariffValues(body, databaseNowMs(context.db))
    return toTariffItem(createdOf(await createTariff(context, values, commandActor())))
  },
  async 'tariffs end'(context, { words: [word = ''], options }) {
    const validUntilMs = toTariffEnd(readInput(TariffEndBody, options), databaseNowMs(context.db))
    const id = parseWholeNumber(word)
    if (id === undefined) throw tariffNotFound()
    return toTariffItem(endedOf(await endTariff(context, { id, validUntilMs }, commandActor())))
  },
  async log({ db }) {
    return (await readAdminLog(db, { limit: LISTED_MAX })).items.map(toLogItem)
  },
}

/** The option `customer`, which may be seed 003's number, as the API has it. */
async function toPublicId(
  context: AccountsContext,
  { customer }: Record<string, unknown>,
): Promise<{ customer?: string }> {
  return typeof customer === 'string' ? { customer: (await customerBy(context, customer)).publicId } : {}
}

/** By the UUID that the API shows, or by seed 003's number. @throws Problem 404. */
async function customerBy({ db }: AccountsContext, id = ''): Promise<Customer> {
  const isNumber = /^[0-9]{1,16}$/.test(id)
  const customer = isNumber ? await readCustomerByNumber(db, Number(id)) : await readCustomer(db, id)
  if (!customer) throw customerNotFound()
  return customer
}
