import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { lookUpKey } from '../../src/accounts/access/lookUpKey.ts'
import { hashKey } from '../../src/accounts/keyText.ts'
import { readAdminLog } from '../../src/accounts/index.ts'
import { balanceOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const PROGRAM = ['--require', './src/runtime.cjs', 'src/admin.ts']
const PRICED = ['tariffs', 'create', '--per', 'part', '--price', '1']
const WAITING = [...PRICED, '--charging', 'delivery', '--receipt-wait-seconds']

interface Ended {
  code: number
  stdout: string
  stderr: string
}

describe('npm run admin', function () {
  // Each command is a process of its own.
  this.timeout(300_000)
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())

  async function admin(...args: string[]): Promise<Ended> {
    const env = { PATH: process.env['PATH'], DATABASE_URL: stack.databaseUrl }
    try {
      const ended = await promisify(execFile)(process.execPath, [...PROGRAM, ...args], { env })
      return { code: 0, ...ended }
    } catch (error) {
      return error as Ended
    }
  }
  const printed = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>

  it('creates a customer with money and a key, which the log records without the key', async () => {
    const made = printed(
      await admin('customers', 'create', '--name', 'Example Ltd', '--parts-per-minute', '5'),
    )
    assert.deepEqual([made['tier'], made['parts_per_minute']], ['free', 5])
    const id = String(made['id'])
    const senders = (...words: string[]) => admin('customers', 'change', id, '--allowed-senders', ...words)
    assert.deepEqual(printed(await senders('Shop,+989120000009'))['allowed_senders'], [
      'Shop',
      '+989120000009',
    ])
    assert.equal(printed(await senders('none'))['allowed_senders'], null)
    const userId = Number(made['user_id'])
    const changed = printed(
      await admin('customers', 'change', id, '--tier', 'basic', '--parts-per-minute', 'none'),
    )
    assert.deepEqual([changed['tier'], changed['parts_per_minute']], ['basic', null])
    assert.equal(printed(await admin('top-up', String(userId), '500'))['credit_cents'], 500)
    assert.equal(await balanceOf(stack.db, userId), 500)
    const created = printed(await admin('keys', 'create', id, '--name', 'shop', '--scopes', 'send,read'))
    const key = String(created['key'])
    assert.deepEqual((await lookUpKey(stack.db, hashKey(key))).key?.access.key?.scopes, ['send', 'read'])
    const revoked = await admin('keys', 'revoke', id, String(created['id']))
    assert.equal(printed(revoked)['status'], 'revoked')
    assert.equal((await lookUpKey(stack.db, hashKey(key))).key, undefined)
    const { items } = await readAdminLog(stack.db, { limit: 10 })
    assert.equal(items.length, 7)
    assert.ok(items.every(({ actor }) => /^admin command by \w/.test(actor)))
    assert.ok(!JSON.stringify(items).includes(key))
  })

  it('creates, lists and ends tariffs, and sets the limits of spending', async () => {
    const made = printed(await admin('customers', 'create', '--name', 'Shop', '--spend-per-day', '500'))
    assert.deepEqual([made['spend_per_day'], made['spend_per_month']], [500, null])
    const customer = String(made['user_id'])
    const price = ['--destination-prefix', '98', '--per', 'part', '--price', '5']
    const created = printed(await admin('tariffs', 'create', '--customer', customer, ...price))
    assert.deepEqual([created['customer'], created['price'], created['valid_until']], [made['id'], 5, null])
    await admin('tariffs', 'create', '--per', 'message', '--price', '2', '--type', 'express')
    const listed = (await admin('tariffs', 'list', '--customer', customer)).stdout
    assert.deepEqual(JSON.parse(listed), [created])
    const ended = printed(await admin('tariffs', 'end', String(created['id'])))
    assert.equal(typeof ended['valid_until'], 'string')
    const log = JSON.parse((await admin('log')).stdout) as Record<string, unknown>[]
    const { details, created_at } = log[0] as { details: object; created_at: string }
    assert.deepEqual(details, { id: created['id'], valid_until: ended['valid_until'] })
    assert.match(created_at, /^\d{4}-\d\d-\d\dT.*Z$/)
    assert.deepEqual(
      log.slice(0, 3).map(({ action, user_id }) => [action, user_id]),
      [
        ['tariff.end', made['user_id']],
        ['tariff.create', null],
        ['tariff.create', made['user_id']],
      ],
    )
  })

  it('sets when a tariff is paid for, and gives the price of a missed guarantee back', async () => {
    const paid = async (...args: string[]) => {
      const tariff = printed(await admin('tariffs', 'create', '--per', 'part', '--price', '5', ...args))
      return [tariff['charging'], tariff['receipt_wait_seconds'], tariff['refund_missed']]
    }
    assert.deepEqual(await paid('--valid-from', '2026-01-01T00:00:00Z'), ['acceptance', null, false])
    const waits = ['--charging', 'delivery', '--receipt-wait-seconds', '3600', '--refund-missed']
    assert.deepEqual(await paid('--destination-prefix', '981', ...waits), ['delivery', 3_600, true])
    const held = await paid('--destination-prefix', '982', '--charging', 'hand_over')
    assert.deepEqual(held, ['hand_over', null, false])
    const listed = JSON.parse((await admin('tariffs', 'list')).stdout) as Record<string, unknown>[]
    const shown = listed.find((tariff) => tariff['destination_prefix'] === '981')
    assert.deepEqual([shown?.['receipt_wait_seconds'], shown?.['refund_missed']], [3_600, true])
  })

  it('sets and unsets what is guaranteed to a customer, and whether two operators may get a message', async () => {
    const express = (customer: Record<string, unknown>) => [
      customer['hedge'],
      customer['guaranteed_within_ms'],
    ]
    const create = ['customers', 'create', '--name', 'Bank', '--hedge', 'true']
    const made = printed(await admin(...create, '--guaranteed-within-ms', '800'))
    assert.deepEqual(express(made), [true, 800])
    const id = String(made['id'])
    const change = async (...args: string[]) =>
      express(printed(await admin('customers', 'change', id, ...args)))
    assert.deepEqual(await change('--guaranteed-within-ms', 'none'), [true, null])
    assert.deepEqual(await change('--hedge', 'false', '--guaranteed-within-ms', '200'), [false, 200])
    const listed = JSON.parse((await admin('customers', 'list')).stdout) as Record<string, unknown>[]
    assert.deepEqual(listed.filter((customer) => customer['id'] === id).map(express), [[false, 200]])
  })

  it('says what is wrong, and changes nothing', async () => {
    const before = (await readAdminLog(stack.db, { limit: 100 })).items.length
    for (const [args, code, complaint] of [
      [['customers', 'show', 'x'], 1, /There is no such customer/],
      [['customers', 'create', '--tier', 'gold', '--name', 'x'], 1, /tier must be free, basic or premium/],
      [['top-up', '1', '-5'], 2, /Unknown option|usage/],
      [['top-up', '1', 'five'], 1, /amount_cents must be a whole number/],
      [['customers'], 2, /there is no command "customers"\n.*usage: npm run admin/s],
      [[], 2, /say which command/],
      [['customers', 'craete', '--name', 'x'], 2, /there is no command "customers craete"/],
      [['top-up'], 2, /top-up needs CUSTOMER and AMOUNT/],
      [['top-up', '1'], 2, /top-up needs AMOUNT/],
      [['keys', 'revoke', '1'], 2, /keys revoke needs KEY-ID/],
      [['tariffs', 'create', '--per', 'part', '--price', 'x'], 1, /price must be a whole number/],
      [['tariffs', 'create', '--customer', '1', '--per', 'part', '--price', '1'], 1, /no such customer/],
      [['tariffs', 'end', 'x'], 1, /There is no such tariff/],
      [[...PRICED, '--charging', 'never'], 1, /charging must be acceptance, hand_over or delivery/],
      [[...PRICED, '--receipt-wait-seconds', '60'], 1, /wait_seconds is only for charging by delivery/],
      [[...WAITING, '0'], 1, /receipt_wait_seconds must be a whole number from 1 to 1,209,600/],
      [[...WAITING, 'none'], 1, /receipt_wait_seconds must be a whole number from 1 to 1,209,600/],
      [['customers', 'create', '--name', 'x', '--hedge', 'yes'], 1, /hedge must be true or false/],
      [['customers', 'change', '1', '--guaranteed-within-ms', '199'], 1, /must be .* from 200 to 3,600,000/],
      [['customers', 'create', '--nmae', 'x'], 2, /--nmae/],
    ] as const) {
      const ended = await admin(...args)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
      assert.match(ended.stderr, complaint)
    }
    assert.equal((await readAdminLog(stack.db, { limit: 100 })).items.length, before)
  })
})
