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
      [['customers', 'create', '--nmae', 'x'], 2, /--nmae/],
    ] as const) {
      const ended = await admin(...args)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
      assert.match(ended.stderr, complaint)
    }
    assert.equal((await readAdminLog(stack.db, { limit: 100 })).items.length, before)
  })
})
