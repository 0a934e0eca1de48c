import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { sql } from 'kysely'
import type { Program } from '../../dev/stack/programs.ts'
import { startEngine } from '../../dev/stack/programs.ts'
import { closeDb, migrate, openDb, read } from '../../src/platform/db/index.ts'
import { openLink } from '../../src/platform/broker/link.ts'
import { StartupFault } from '../../src/platform/startupFault.ts'
import { explainUntrusted } from '../../src/platform/untrusted.ts'
import { readDatabaseAddress } from '../../src/platform/db/address.ts'
import { readBrokerAddresses } from '../../src/platform/broker/address.ts'
import { createAuthority } from '../support/certificates.ts'
import type { CertificateFiles } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { chosenEngine, freshStack, logFolder, startOwnServers } from '../support/servers.ts'
import { sharedSimulators } from '../support/simulators.ts'
import { join } from 'node:path'

describe('TLS to the servers', () => {
  const ours = createAuthority()
  const other = createAuthority()
  let servers: Awaited<ReturnType<typeof startOwnServers>>
  before(async () => {
    servers = await startOwnServers({
      ...{ caFile: ours.caFile },
      ...ours.issue('server', ['DNS:localhost', 'IP:127.0.0.1']),
    })
    await migrate(servers.databaseUrl)
  })
  after(async () => {
    await servers.remove()
    for (const { folder } of [ours, other]) rmSync(folder, { recursive: true })
  })

  const databaseUrl = (host: string, query: Record<string, string>) => {
    const url = new URL(servers.databaseUrl)
    url.hostname = host
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url.toString()
  }
  const brokerUrl = (caFile?: string, host = '127.0.0.1', more: Record<string, string> = {}) => {
    const url = new URL(servers.amqpUrl.replace(/^amqp:/, 'amqps:'))
    url.hostname = host
    url.port = String(servers.amqpsPort)
    if (caFile !== undefined) url.searchParams.set('cacertfile', caFile)
    for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value)
    return url.toString()
  }
  /** @returns the cipher of the connection, which is empty without TLS. */
  const cipherOf = async (url: string) => {
    const db = openDb({ url, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 })
    try {
      return await read(db, 'test.cipher', async (reader) => {
        const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Ssl_cipher'`.execute(reader)
        return rows[0]?.Value
      })
    } finally {
      await closeDb(db)
    }
  }
  const untrusted = async (url: string) => {
    const fault = await migrate(url).then(
      () => assert.fail('the certificate was accepted'),
      (error: unknown) => explainUntrusted(error),
    )
    assert.notEqual(fault, undefined)
    return fault ?? ''
  }

  describe('MySQL', () => {
    it('is spoken to without it by default, and with it where DATABASE_URL says so', async () => {
      assert.equal(await cipherOf(servers.databaseUrl), '')
      const byName = { 'ssl-mode': 'VERIFY_IDENTITY', 'ssl-ca': ours.caFile }
      assert.match((await cipherOf(databaseUrl('localhost', byName))) ?? '', /^TLS_|^ECDHE/)
      const byAuthority = { 'ssl-mode': 'verify_ca', 'ssl-ca': ours.caFile }
      assert.match((await cipherOf(databaseUrl('127.0.0.1', byAuthority))) ?? '', /^TLS_|^ECDHE/)
    })

    it('is refused under another authority, and under the public ones', async () => {
      const wrong = await untrusted(
        databaseUrl('127.0.0.1', { 'ssl-mode': 'VERIFY_CA', 'ssl-ca': other.caFile }),
      )
      assert.match(wrong, /^is not trusted: its certificate is not accepted \(/)
      await untrusted(databaseUrl('127.0.0.1', { 'ssl-mode': 'VERIFY_CA' }))
    })

    it('is refused when its certificate names another host, unless VERIFY_CA does without the name', async () => {
      ours.issue('server', ['DNS:mysql.example'])
      const db = openDb({
        url: servers.databaseAdminUrl,
        maxOpenConns: 2,
        maxIdleConns: 1,
        connMaxLifetimeSeconds: 60,
      })
      const reload = chosenEngine() === 'mariadb' ? sql`FLUSH SSL` : sql`ALTER INSTANCE RELOAD TLS`
      await read(db, 'test.reload', (reader) => reload.execute(reader))
      const query = { 'ssl-ca': ours.caFile }
      assert.match(await untrusted(databaseUrl('localhost', query)), /altnames/)
      assert.notEqual(await cipherOf(databaseUrl('localhost', { ...query, 'ssl-mode': 'VERIFY_CA' })), '')
      ours.issue('server', ['DNS:localhost', 'IP:127.0.0.1'])
      await read(db, 'test.reload', (reader) => reload.execute(reader))
      await closeDb(db)
    })

    it('lets in a user that needs a client certificate with one of its authority, and with no other', async () => {
      const admin = openDb({
        ...{ url: servers.databaseAdminUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 },
      })
      const { username } = new URL(servers.databaseUrl)
      const require = (what: 'X509' | 'NONE') =>
        read(admin, 'test.require', (reader) =>
          sql`ALTER USER ${sql.lit(username)}@'127.0.0.1' REQUIRE ${sql.raw(what)}`.execute(reader),
        )
      const byAuthority = { 'ssl-mode': 'VERIFY_CA', 'ssl-ca': ours.caFile }
      const as = ({ certFile, keyFile }: CertificateFiles) =>
        databaseUrl('127.0.0.1', { ...byAuthority, 'ssl-cert': certFile, 'ssl-key': keyFile })
      await require('X509')
      try {
        assert.match((await cipherOf(as(ours.issueClient('client')))) ?? '', /^TLS_|^ECDHE/)
        await assert.rejects(migrate(databaseUrl('127.0.0.1', byAuthority)), /Access denied/)
        assert.match(
          await untrusted(as(other.issueClient('client'))),
          /^does not accept the client certificate \(tlsv1 alert unknown ca\)/,
        )
      } finally {
        await require('NONE')
        await closeDb(admin)
      }
    })
  })

  describe('RabbitMQ', () => {
    const open = (url: string) =>
      openLink({
        url,
        name: 'test',
        onState: () => {},
        setUp: async (link) => void (await link.createChannel()),
      })

    it('is spoken to with it at amqps://, by address and by name', async () => {
      for (const host of ['127.0.0.1', 'localhost']) {
        const link = await open(brokerUrl(ours.caFile, host))
        assert.equal(link.state(), 'up', host)
        await link.close()
      }
    })

    it('is refused under another authority, and under the public ones, in one line', async () => {
      for (const url of [brokerUrl(other.caFile), brokerUrl()])
        await assert.rejects(open(url), (error: Error) => {
          assert.ok(error instanceof StartupFault)
          assert.match(
            error.message,
            /^RabbitMQ at AMQP_URL is not trusted: its certificate is not accepted \(/,
          )
          return true
        })
    })
  })

  describe('RabbitMQ with a client certificate', () => {
    const open = ({ certFile, keyFile }: CertificateFiles) =>
      openLink({
        url: brokerUrl(ours.caFile, '127.0.0.1', { certfile: certFile, keyfile: keyFile }),
        ...{ name: 'test', onState: () => {} },
        setUp: async (link) => void (await link.createChannel()),
      })

    it('knows the client by it', async () => {
      const link = await open(ours.issueClient('chapar-consumer'))
      const connections = await servers.managementCtl(['list_connections', 'peer_cert_subject'])
      assert.match(connections, /CN=chapar-consumer/)
      await link.close()
    })

    it('refuses one of another authority, in one line', async () => {
      await assert.rejects(open(other.issueClient('chapar-consumer')), (error: Error) => {
        assert.ok(error instanceof StartupFault)
        assert.match(
          error.message,
          /^RabbitMQ at AMQP_URL does not accept the client certificate \(tlsv1 alert unknown ca\)/,
        )
        return true
      })
    })
  })

  describe('the engine', () => {
    const start = async (env: Record<string, string>): Promise<Program> => {
      const [a, b] = await sharedSimulators()
      const query = { 'ssl-mode': 'VERIFY_CA', 'ssl-ca': ours.caFile }
      return startEngine({
        databaseUrl: databaseUrl('127.0.0.1', query),
        amqpUrl: brokerUrl(ours.caFile),
        ...{ operatorUrls: { a: a.url, b: b.url }, env },
        logFile: join(await logFolder(), 'engine.log'),
      })
    }

    it('is ready over TLS to both', async () => {
      const engine = await start({})
      await eventually('it is ready', async () => (await fetch(`${engine.url}/readyz`)).status === 200)
      await engine.stop()
    })

    it('ends its start with one line for a wrong authority', async () => {
      const wrong = { 'ssl-mode': 'VERIFY_CA', 'ssl-ca': other.caFile }
      await assert.rejects(
        start({ DATABASE_URL: databaseUrl('127.0.0.1', wrong) }),
        /chapar: the database at DATABASE_URL is not trusted: its certificate is not accepted/,
      )
      await assert.rejects(
        start({ AMQP_URL: brokerUrl(other.caFile) }),
        /chapar: RabbitMQ at AMQP_URL is not trusted: its certificate is not accepted/,
      )
    })

    it('says which part of an address is wrong, before it starts', () => {
      const missing = join(ours.folder, 'none.pem')
      const url = 'mysql://u:secret@db.example/name'
      const { certFile } = ours.issueClient('one')
      const { keyFile: otherKeyFile } = ours.issueClient('two')
      const faultOf = (read: () => unknown) => {
        try {
          read()
        } catch (error) {
          return (error as Error).message
        }
        return undefined
      }
      for (const [read, said] of [
        [() => readDatabaseAddress(`${url}?ssl-mode=REQUIRED`), /ssl-mode REQUIRED: it must be one of/],
        [() => readDatabaseAddress(`${url}?ssl-ca=${missing}`), /ssl-ca that cannot be read: ENOENT/],
        [
          () => readDatabaseAddress('mysql://u:secret@10.0.0.1/name?ssl-mode=VERIFY_IDENTITY'),
          /needs a name/,
        ],
        [
          () => readBrokerAddresses(`amqp://u:secret@mq.example?cacertfile=${missing}`),
          /amqp:\/\/ does not encrypt/,
        ],
        [
          () => readBrokerAddresses(`amqps://u:secret@mq.example?cacertfile=${missing}`),
          /cannot be read: ENOENT/,
        ],
        [() => readDatabaseAddress(`${url}?ssl-cert=${ours.caFile}`), /both or none of ssl-cert and ssl-key/],
        [() => readDatabaseAddress(`${url}?ssl-mode=DISABLED&ssl-ca=${ours.caFile}`), /does not encrypt/],
        [
          () => readBrokerAddresses(`amqps://u:secret@mq.example?keyfile=${ours.caFile}`),
          /both or none of certfile and keyfile/,
        ],
        [
          () =>
            readBrokerAddresses(`amqps://u:secret@mq.example?certfile=${certFile}&keyfile=${otherKeyFile}`),
          /certificates that cannot be used: .*key values mismatch/,
        ],
      ] as [() => unknown, RegExp][]) {
        const fault = faultOf(read) ?? ''
        assert.match(fault, said)
        assert.doesNotMatch(fault, /secret/)
      }
    })

    it('says that a server does not offer TLS', async () => {
      const stack = await freshStack()
      const plain = `${stack.databaseUrl}?ssl-mode=VERIFY_CA`
      assert.equal(await untrusted(plain), 'is not trusted: the server does not offer TLS')
      await stack.drop()
    })
  })
})
