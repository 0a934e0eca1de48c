import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { connect } from 'amqplib'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { startServers, type Servers } from '../../dev/servers.ts'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { chooseEngines } from '../../dev/servers/chooseEngines.ts'
import { privateServers } from '../support/servers.ts'

const QUEUE = 'kept'
const QUEUE_OPTIONS = { durable: true, arguments: { 'x-queue-type': 'quorum' } }
const SERVERS_TIMEOUT_MS = 600_000

describe('private servers', function () {
  this.timeout(SERVERS_TIMEOUT_MS)
  const dataDir = resolve(join('.local', 'test', `private-servers-${process.pid}`))
  let servers: Servers
  /** The suite's own pair, which runs all the while. */
  let others: Servers

  before(async function () {
    others = privateServers(this)
    servers = await startServers({ dataDir, ...(await chooseEngines(process.env, { mayFallBack: false })) })
  })
  after(async () => {
    await servers?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  async function query(sql: string): Promise<RowDataPacket[]> {
    const connection = await createConnection({ uri: servers.databaseUrl })
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql)
      return rows
    } finally {
      await connection.end()
    }
  }

  async function withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const connection = await connect(servers.amqpUrl)
    try {
      return await work(await connection.createConfirmChannel())
    } finally {
      await connection.close()
    }
  }
  type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>

  /** Asks until the queue gives its message, which goes back when the connection closes. */
  const nextMessage = () =>
    waitUntil(() => withChannel((channel) => channel.get(QUEUE)), { what: 'a message', timeoutMs: 120_000 })

  it('keep what they acknowledged through SIGKILL, and come back on their ports', async () => {
    await query('CREATE TABLE chapar.kept (id INT PRIMARY KEY)')
    await query('INSERT INTO chapar.kept VALUES (7)')
    // A clean restart first: RabbitMQ notes a new quorum queue half a second late, and one that was killed before
    // that comes back without its messages.
    await withChannel((channel) => channel.assertQueue(QUEUE, QUEUE_OPTIONS))
    await servers.broker.stop()
    await servers.broker.start()
    await withChannel(async (channel) => {
      channel.sendToQueue(QUEUE, Buffer.from('kept'), { persistent: true })
      await channel.waitForConfirms()
    })
    await Promise.all([servers.database.kill(), servers.broker.kill()])
    assert.deepEqual([servers.database.pids(), servers.broker.pids()], [[], []])
    await Promise.all([servers.database.start(), servers.broker.start()])
    assert.deepEqual(await query('SELECT id FROM chapar.kept'), [{ id: 7 }])
    assert.equal((await nextMessage()).content.toString(), 'kept')
  })

  it('commit durably', async () => {
    const [row] = await query('SELECT @@sync_binlog s, @@innodb_flush_log_at_trx_commit f, @@log_bin b')
    assert.deepEqual(row, { s: 1, f: 1, b: 1 })
  })

  it('keep temporary tables to themselves, since MariaDB removes at its start those that it finds', async () => {
    const [row] = await query('SELECT @@tmpdir tmp, @@datadir data')
    const folders = [row?.['tmp'], row?.['data']].map((folder) => resolve(String(folder)))
    assert.equal(folders[0], folders[1])
    assert.ok(folders[1]?.startsWith(dataDir))
  })

  it('answer to rabbitmqctl on the node of this pair', async () => {
    const queues = await servers.managementCtl(['list_queues', '--quiet', '-p', 'chapar', 'name'])
    assert.deepEqual(queues.trim().split('\n'), ['name', QUEUE])
  })

  it('are not started a second time on the same data', async () => {
    const { database, broker } = servers
    const again = startServers({ dataDir, ...(await chooseEngines(process.env, { mayFallBack: false })) })
    await assert.rejects(again, new RegExp(`in use by servers that run already .*${database.pids()[0]}`))
    assert.deepEqual([database.pids().length > 0, broker.pids().length > 0], [true, true])
  })

  it('lose their data only when wiped, and not while they run', async () => {
    await assert.rejects(servers.broker.wipe(), /RabbitMQ is running/)
    await servers.broker.kill()
    await servers.broker.wipe()
    await servers.broker.start()
    const queues = await servers.managementCtl(['list_queues', '--quiet', '-p', 'chapar', 'name'])
    assert.equal(queues.trim(), '')
    assert.deepEqual(await query('SELECT id FROM chapar.kept'), [{ id: 7 }])
  })

  it('leave no process behind, and other servers alone', async () => {
    const before = others.database.pids().concat(others.broker.pids())
    await servers.stop()
    assert.deepEqual([servers.database.pids(), servers.broker.pids()], [[], []])
    const after = others.database.pids().concat(others.broker.pids())
    for (const pid of before.filter((id) => !after.includes(id))) assert.fail(`process ${pid} is gone`)
    assert.ok(after.length > 0)
  })
})
