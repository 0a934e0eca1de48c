import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { findCompose } from '../../dev/compose.ts'
import type { Compose } from '../../dev/compose.ts'
import { CONSUMER_HEAP_LIMIT } from '../../dev/stack/programs.ts'
import { UnsupportedPlatform } from '../../dev/servers/platform.ts'
import { loadConfig } from '../../src/roles/config.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call } from '../support/api.ts'
import type { HistoryBody } from '../support/api.ts'
import { fund } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { isHeapLimit } from '../support/heapLimit.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import {
  CHECKOUT,
  readComposeFile,
  readImage,
  readProjectFile,
  serviceOf,
  toSeconds,
  withoutProfiles,
} from './composeFile.ts'
import { createContainers } from './containers.ts'
import type { Containers } from './containers.ts'

const ROLES = ['api', 'relay', 'consumer']
const OPERATORS = ['operator-a', 'operator-b', 'operator-test']

describe('the compose file', () => {
  const file = withoutProfiles(readComposeFile())
  const image = readImage()
  const services = Object.entries(file.services)
  const staying = services.filter(([name]) => name !== 'migrate')

  it('brings servers, a migration job, three roles and three operators, each in a container of its own', () => {
    assert.deepEqual(
      services.map(([name]) => name).sort(),
      ['mysql', 'rabbitmq', 'migrate', ...ROLES, ...OPERATORS].sort(),
    )
    assert.equal(serviceOf(file, 'mysql').image, 'mysql:8.4')
    assert.equal(serviceOf(file, 'rabbitmq').image, 'rabbitmq:4-management')
    for (const role of ROLES) assert.equal(serviceOf(file, role).environment['ROLE'], role)
  })

  it('builds one image, once, and takes it from no registry', () => {
    const ours = services.filter(([, { image }]) => image === 'chapar:local')
    assert.equal(ours.length, services.length - 2)
    assert.deepEqual(
      ours.filter(([, { build }]) => build !== undefined).map(([name]) => name),
      ['migrate'],
    )
    for (const [name, service] of ours) {
      assert.equal('pull_policy' in service && service.pull_policy, name === 'migrate' ? 'build' : 'never')
    }
  })

  it('runs a consumer as any role, but for the young space that this project starts consumers with', () => {
    const { command = [] } = serviceOf(file, 'consumer')
    assert.deepEqual(command.filter(isHeapLimit), CONSUMER_HEAP_LIMIT)
    assert.deepEqual(
      command.filter((argument) => !isHeapLimit(argument)),
      image.command.filter((argument) => !isHeapLimit(argument)),
    )
  })

  it('publishes every port on 127.0.0.1 alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    assert.equal(ports.length, 9)
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:[0-9]*:[0-9]+$/)
    for (const [name, service] of services) assert.ok(!('network_mode' in service), name)
  })

  it('publishes the ports that the programs listen on', () => {
    const published = (name: string) => serviceOf(file, name).ports?.map((port) => port.split(':')[2])
    for (const role of ROLES) assert.deepEqual(published(role), [portIn(role, 'LISTEN_ADDR')], role)
    for (const operator of OPERATORS) {
      assert.deepEqual(published(operator), [serviceOf(file, operator).environment['PORT']], operator)
    }
  })

  it('names addresses, users and passwords that the other services have', () => {
    const mysql = serviceOf(file, 'mysql').environment
    const rabbitmq = serviceOf(file, 'rabbitmq').environment
    const { MYSQL_USER: user, MYSQL_PASSWORD: password, MYSQL_DATABASE: name } = mysql
    for (const service of ['migrate', ...ROLES]) {
      const { DATABASE_URL } = serviceOf(file, service).environment
      assert.equal(DATABASE_URL, `mysql://${user}:${password}@mysql:3306/${name}`, service)
    }
    const { RABBITMQ_DEFAULT_USER, RABBITMQ_DEFAULT_PASS, RABBITMQ_DEFAULT_VHOST } = rabbitmq
    const amqpUrl = `amqp://${RABBITMQ_DEFAULT_USER}:${RABBITMQ_DEFAULT_PASS}@rabbitmq:5672/${RABBITMQ_DEFAULT_VHOST}`
    for (const role of ROLES) assert.equal(serviceOf(file, role).environment['AMQP_URL'], amqpUrl, role)
    for (const operator of OPERATORS) {
      const setting =
        operator === 'operator-test' ? 'TEST_OPERATOR_URL' : `${operator.toUpperCase().replace('-', '_')}_URL`
      const { PORT } = serviceOf(file, operator).environment
      for (const role of ['api', 'consumer'])
        assert.equal(serviceOf(file, role).environment[setting], `http://${operator}:${PORT}`, role)
    }
  })

  it('has operators send their receipts to the api, under their names and with the secret that it knows', () => {
    const { LISTEN_ADDR, RECEIPTS_SECRET } = serviceOf(file, 'api').environment
    assert.equal(serviceOf(file, 'consumer').environment['RECEIPTS_SECRET'], RECEIPTS_SECRET)
    for (const operator of OPERATORS) {
      const { environment } = serviceOf(file, operator)
      const port = LISTEN_ADDR?.split(':').at(-1)
      assert.equal(
        environment['RECEIPTS_URL'],
        `http://api:${port}/operators/${environment['NAME']}/receipts`,
      )
      assert.equal(environment['RECEIPTS_SECRET'], RECEIPTS_SECRET)
    }
  })

  it('gives each role settings that it takes, with which every request of the API needs a key', () => {
    for (const role of ROLES) {
      const { environment } = serviceOf(file, role)
      const { roles, listen, access } = loadConfig(environment)
      assert.deepEqual([roles, listen], [[role], { host: '0.0.0.0', port: 8080 }])
      assert.equal(access.isOpen, false)
    }
  })

  it('watches the health of everything that stays, and starts each service when what it needs is there', () => {
    for (const [name, { healthcheck, image }] of staying) {
      assert.ok(!healthcheck.disable && (healthcheck.test || image === 'chapar:local'), name)
    }
    const waits = Object.fromEntries(services.map(([name, { depends_on = {} }]) => [name, depends_on]))
    const migrated = { migrate: { condition: 'service_completed_successfully' } }
    const healthy = { condition: 'service_healthy' }
    assert.deepEqual(waits, {
      mysql: {},
      rabbitmq: {},
      migrate: { mysql: healthy },
      api: migrated,
      relay: { ...migrated, rabbitmq: healthy },
      consumer: {
        ...{ ...migrated, rabbitmq: healthy },
        ...Object.fromEntries(OPERATORS.map((operator) => [operator, healthy])),
      },
      ...Object.fromEntries(OPERATORS.map((operator) => [operator, migrated])),
    })
  })

  it('restarts what stays and never the migration, which has to end', () => {
    for (const [name, { restart }] of staying) assert.equal(restart, 'unless-stopped', name)
    assert.equal(serviceOf(file, 'migrate').restart, 'no')
  })

  it('gives a role longer to stop than the role gives its work', () => {
    assert.equal(image.stopSignal, 'SIGTERM')
    for (const role of ROLES) {
      const { stop_grace_period = '10s', environment } = serviceOf(file, role)
      assert.ok(toSeconds(stop_grace_period) > Number(environment['SHUTDOWN_DEADLINE_SEC']), role)
    }
  })

  it('keeps data in named volumes, and mounts files that are there', () => {
    const sources = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    )
    assert.deepEqual(Object.keys(file.volumes), ['mysql', 'rabbitmq'])
    assert.deepEqual(
      sources.filter((source) => !source.startsWith('./')),
      Object.keys(file.volumes),
    )
    const mounted = sources.filter((source) => source.startsWith('./'))
    assert.equal(mounted.length, 2)
    for (const path of mounted) assert.ok(statSync(join(CHECKOUT, path)).isFile(), path)
  })

  it('makes a commit of its database durable', () => {
    const settings = readProjectFile('docker/mysql/chapar.cnf')
    assert.match(settings, /^innodb_flush_log_at_trx_commit\s*=\s*1$/m)
    assert.match(settings, /^sync_binlog\s*=\s*1$/m)
  })

  /** The port in a setting such as 0.0.0.0:8080. */
  function portIn(service: string, setting: string): string | undefined {
    return serviceOf(file, service).environment[setting]?.split(':').at(-1)
  }
})

describe('the profile observe of the compose file', () => {
  const file = readComposeFile()
  const plain = withoutProfiles(file)
  const observers = Object.entries(file.services).filter(([name]) => !(name in plain.services))

  it('brings what observes, on this machine alone, of versions that are named', () => {
    assert.deepEqual(
      observers.map(([name]) => name),
      ['prometheus', 'grafana', 'mysqld-exporter', 'jaeger', 'loki', 'alloy'],
    )
    for (const [name, { image, ports = [], volumes = [], profiles }] of observers) {
      assert.deepEqual(profiles, ['observe'], name)
      assert.match(image, /:v?\d+\.\d+\.\d+$/, name)
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:[0-9]+:[0-9]+$/)
      const sources = volumes.map((volume) => volume.split(':')[0] ?? '')
      for (const source of sources.filter((each) => each.startsWith('./')))
        assert.ok(statSync(join(CHECKOUT, source)).isDirectory(), source)
      const others = sources.filter((each) => !each.startsWith('./'))
      assert.deepEqual(others, name === 'alloy' ? ['/var/run/docker.sock'] : [], name)
      for (const volume of volumes) assert.match(volume, /:ro$/)
    }
  })

  it('provisions sources of data that are services of it, which point to each other', () => {
    const sources = ['prometheus', 'loki', 'jaeger'].flatMap((name) => {
      const text = readProjectFile(`docker/grafana/provisioning/datasources/${name}.yml`)
      return (parse(text) as { datasources: { uid: string; url: string; jsonData?: object }[] }).datasources
    })
    assert.deepEqual(
      sources.map(({ uid }) => uid),
      ['prometheus', 'loki', 'jaeger'],
    )
    for (const { url, jsonData = {} } of sources) {
      assert.ok(
        observers.some(([name]) => name === new URL(url).hostname),
        url,
      )
      for (const [, uid] of JSON.stringify(jsonData).matchAll(/"datasourceUid":"(\w+)"/g))
        assert.ok(
          sources.some((each) => each.uid === uid),
          uid,
        )
    }
  })

  it('ships logs to a service of it, by components that are there', () => {
    const config = readProjectFile('docker/alloy/config.alloy')
    const components = [...config.matchAll(/^([a-z.]+) "(\w+)" \{$/gm)].map(
      ([, kind, label]) => `${kind}.${label}`,
    )
    const named = [...config.matchAll(/= \[?([a-z_.]+)\.(?:targets|output|receiver)\b/g)].map(
      ([, name]) => name ?? '',
    )
    assert.equal(components.length, 5)
    assert.deepEqual(
      named.filter((name) => !components.includes(name)),
      [],
    )
    const [, host = ''] = /url = "http:\/\/(\w+):/.exec(config) ?? []
    assert.ok(
      observers.some(([name]) => name === host),
      host,
    )
    const { name } = parse(readProjectFile('docker-compose.yml')) as { name: string }
    assert.ok(config.includes(`com.docker.compose.project=${name}`))
  })

  it('traces nothing unless it is asked to', () => {
    for (const role of ROLES)
      assert.equal(serviceOf(file, role).environment['OTEL_EXPORTER_OTLP_ENDPOINT'], '')
  })

  it('scrapes services that are there, the roles at the port that they listen on', () => {
    const { scrape_configs: jobs } = parse(readProjectFile('docker/prometheus/prometheus.yml')) as {
      scrape_configs: {
        dns_sd_configs?: { names: string[]; port: number }[]
        static_configs?: { targets: string[] }[]
      }[]
    }
    const [roles] = jobs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs)
    assert.deepEqual(roles?.names, ROLES)
    for (const role of ROLES)
      assert.equal(
        serviceOf(file, role).environment['LISTEN_ADDR']?.split(':').at(-1),
        String(roles.port),
        role,
      )
    for (const target of jobs.flatMap(({ static_configs = [] }) =>
      static_configs.flatMap((each) => each.targets),
    ))
      assert.ok(file.services[target.split(':')[0] ?? ''], target)
  })
})

describe('the image', () => {
  const image = readImage()

  it('runs what `npm start` runs, as a user without rights', () => {
    // A checkout may have its settings in a file; a container is given its own.
    assert.equal(
      image.command.join(' '),
      manifest.scripts.start.replace(/^exec /, '').replace(' --require ./src/envFile.cjs', ''),
    )
    assert.equal(image.user, 'node')
  })

  it('holds the sources and their packages, and is given nothing else', () => {
    assert.deepEqual(image.copied.toSorted(), [
      '.npmrc',
      'db',
      'package-lock.json',
      'package.json',
      'package.json',
      'simulator',
      'src',
    ])
    const lines = readProjectFile('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    assert.deepEqual(lines.toSorted(), ['*', ...new Set(image.copied.map((path) => `!${path}`))].toSorted())
  })
})

describe('Docker Compose', function () {
  let compose: Compose
  let folder: string
  before(async function () {
    // The first time it may have to be fetched.
    this.timeout(300_000)
    try {
      compose = await findCompose((line) => console.error(line))
    } catch (error) {
      if (!(error instanceof UnsupportedPlatform)) throw error
      console.error('skipped: no `docker compose` is installed, and none can be unpacked here')
      this.skip()
    }
    folder = mkdtempSync(join(tmpdir(), 'chapar-compose-'))
  })
  after(() => folder && rmSync(folder, { recursive: true }))

  it('takes the file, and finds every port on 127.0.0.1', async () => {
    const { services } = await compose.resolve(join(CHECKOUT, 'docker-compose.yml'))
    assert.deepEqual(
      Object.keys(services).sort(),
      Object.keys(withoutProfiles(readComposeFile()).services).sort(),
    )
    const addresses = Object.values(services).flatMap(({ ports = [] }) => ports.map(({ host_ip }) => host_ip))
    assert.deepEqual([...new Set(addresses)], ['127.0.0.1'])
  })

  for (const [fault, planted, complaint] of [
    ['a slip in a name', ['stop_grace_period:', 'stop_grace_periods:'], /stop_grace_periods/],
    ['a service that is not there', ['migrate: {', 'migration: {'], /migration/],
    ['an unknown condition', ['service_completed_successfully', 'service_completed'], /condition/],
  ] as const) {
    it(`refuses the file with ${fault}`, async () => {
      const original = readProjectFile('docker-compose.yml')
      const changed = original.replaceAll(planted[0], planted[1])
      assert.notEqual(changed, original)
      const path = join(folder, 'docker-compose.yml')
      writeFileSync(path, changed)
      await assert.rejects(compose.resolve(path), complaint)
    })
  }
})

describe('the services of the compose file, with their own commands and settings', function () {
  this.timeout(900_000)
  const file = withoutProfiles(readComposeFile())
  let stack: Stack
  let containers: Containers
  before(async () => {
    stack = await freshStack()
    containers = await createContainers(file, readImage(), stack)
  })
  after(async () => {
    await containers.stop()
    await stack.drop()
  })

  it('come up in their order: the migration ends, everything else becomes healthy', async () => {
    await containers.until('migrate', 'service_completed_successfully')
    await Promise.all([...ROLES, ...OPERATORS].map((name) => containers.until(name, 'service_healthy')))
    for (const role of ROLES) {
      const health = (await (await fetch(`${containers.url(role)}/healthz`)).json()) as { roles: string[] }
      assert.deepEqual(health.roles, [role])
    }
  })

  it('pass the health check of the image', async () => {
    for (const name of [...ROLES, ...OPERATORS]) await containers.askImage(name)
  })

  it('carry a message of each class from the api to an operator, and its receipt back', async () => {
    const api = containers.url('api')
    const { userId } = await newCustomer(stack.db)
    const { text: key } = await newKey(stack.db, userId)
    await fund(stack.db, userId, 10)
    for (const type of ['normal', 'express'] as const) {
      const body = { customer_id: userId, text: 'hi', recipients: ['09128582812'], type }
      assert.equal((await call(api, 'POST', '/sms/send', { body })).code, 'key_required')
      const sent = await call(api, 'POST', '/sms/send', { key, body })
      const query = `user_id=${userId}&sms_identifier=${String(sent.body['sms_identifier'])}`
      await eventually(`the ${type} message is delivered`, async () => {
        const { body: page } = await call(api, 'GET', `/sms/history?${query}`, { key })
        const [item] = page['history'] as HistoryBody['history']
        return item?.delivery_status === 'delivered' && item.provider === 'operator-a'
      })
    }
  })

  it('end in order on SIGTERM, within the time that they are given', async () => {
    const exits = await containers.stop()
    const names = ['migrate', ...ROLES, ...OPERATORS].sort()
    assert.deepEqual(Object.keys(exits).sort(), names)
    for (const name of names) assert.deepEqual(exits[name], { code: 0, signal: null }, name)
    await assert.rejects(containers.askImage('api'))
  })
})
