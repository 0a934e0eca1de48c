import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createConnection } from 'mysql2/promise'
import { sql } from 'kysely'
import { SESSION_FAULTS } from '../../chaos/faults/sessions.ts'
import type { World } from '../../chaos/faults/fault.ts'
import { openRandom } from '../../chaos/random.ts'
import { fund, look, offer } from '../support/arrange.ts'
import { freshStack, privateServers } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('what other sessions do to the database in a chaos run', () => {
  let stack: Stack
  before(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    await offer(stack.db, { userId: 1, to: 50 })
  })
  after(() => stack.drop())

  const inflict = async (kind: string, test: Mocha.Context) => {
    const servers = privateServers(test)
    const fault = SESSION_FAULTS.find((each) => each.kind === kind)
    const end = await fault?.inflict({ stage: { servers } } as World, { random: openRandom(1), forMs: 0 })
    assert.ok(end)
    return { end, servers }
  }
  const settle = (recipientNo: number) =>
    look(stack.db, sql`UPDATE sms_status SET status = 'done' WHERE recipient_no = ${recipientNo}`)

  it('refuses the settlement of some numbers until it ends', async function () {
    const { end } = await inflict('settlements refused', this)
    const results = []
    for (let no = 1; no <= 50; no++)
      results.push(
        await settle(no).then(
          () => true,
          () => false,
        ),
      )
    const refused = results.filter((isDone) => !isDone).length
    assert.ok(refused > 0 && refused < 50, `${refused} of 50 were refused`)
    await end()
    for (let no = 1; no <= 50; no++) await settle(no)
  })

  it('keeps a read view open until it ends', async function () {
    const { end, servers } = await inflict('old read view', this)
    const admin = await createConnection(servers.databaseAdminUrl)
    const count = async () => {
      // The server has transactions of its own, of no session.
      const [rows] = await admin.query(
        'SELECT COUNT(*) AS n FROM information_schema.innodb_trx WHERE trx_mysql_thread_id > 0',
      )
      return Number((rows as { n: number }[])[0]?.n)
    }
    assert.equal(await count(), 1)
    await end()
    await admin.end()
  })

  it('tries again while another fault keeps the server from answering', async function () {
    const { databaseAdminUrl } = privateServers(this)
    const real = new URL(databaseAdminUrl)
    let connections = 0
    const refusesFirst = createServer((socket) => {
      socket.on('error', () => {})
      if (connections++ === 0) return void socket.destroy()
      const server = connect(Number(real.port), real.hostname).on('error', () => {})
      socket.pipe(server).pipe(socket)
    })
    await new Promise<void>((listening) => refusesFirst.listen(0, '127.0.0.1', listening))
    const url = new URL(databaseAdminUrl)
    url.host = `127.0.0.1:${(refusesFirst.address() as AddressInfo).port}`
    const stage = { servers: { databaseAdminUrl: url.href } }
    const fault = SESSION_FAULTS.find(({ kind }) => kind === 'old read view')
    const end = await fault?.inflict({ stage } as World, { random: openRandom(1), forMs: 0 })
    assert.equal(connections, 2)
    await end?.()
    refusesFirst.close()
  })
})
