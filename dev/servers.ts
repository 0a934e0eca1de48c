import { join, resolve } from 'node:path'
import { brokerParts, brokerUrl, controlBroker, type BrokerOptions } from './servers/brokerServer.ts'
import { BROKERS, ENGINES, type Broker, type Engine } from './servers/catalogue.ts'
import { databaseParts, databaseUrls, type DatabaseOptions, type TlsFiles } from './servers/databaseServer.ts'
import { fetchBroker, fetchEngine } from './servers/fetch.ts'
import { keepIdentity } from './servers/keepIdentity.ts'
import { assertUnused, createServer, EndedWhileStarting } from './servers/createServer.ts'
import { freePorts } from './servers/ports.ts'
import type { Report } from './servers/printProgress.ts'
import type { Server } from './servers/server.ts'

export { releaseStarted } from './processes/watchdog.ts'
export type { Broker, Engine, Server }

export interface StartServersOptions {
  /** Where data, logs, ports and passwords are kept; started again with the same folder, they are the same. */
  dataDir: string
  engine: Engine
  broker: Broker
  /** Both offer TLS as well. */
  tls?: TlsFiles
  /** Receives a line whenever something that takes long moves on. */
  onProgress?: Report
}

/**
 * A private database and a private broker, on loopback ports of their own. They end with the process that started
 * them, even when that is killed, unless it calls `releaseStarted`.
 */
export interface Servers {
  /** The program's user; it may do anything in databases whose name begins with `chapar`. */
  databaseUrl: string
  /** A user that may do everything; names no database. */
  databaseAdminUrl: string
  amqpUrl: string
  /** Where the broker serves TLS, if it does. */
  amqpsPort: number | undefined
  database: Server
  broker: Server
  /** Runs rabbitmqctl, for example `['list_queues', 'name', 'messages', '--quiet']`. */
  managementCtl(args: string[]): Promise<string>
  /** Stops both cleanly; nothing of them is left running. */
  stop(): Promise<void>
}

const STARTS_MAX = 3

/**
 * Fetches what is missing, starts both servers at once and resolves when both serve. Stops both if one fails. A free port
 * can be taken before its server listens: servers that end while they start are started again, on ports free then.
 */
export async function startServers(options: StartServersOptions): Promise<Servers> {
  for (let starts = 1; ; starts += 1) {
    const servers = await prepareServers(options)
    const started = await Promise.allSettled([servers.database.start(), servers.broker.start()])
    const failed = started.find((result) => result.status === 'rejected')
    if (!failed) return servers
    await servers.stop()
    if (!(failed.reason instanceof EndedWhileStarting) || starts === STARTS_MAX) throw failed.reason
    options.onProgress?.(`${failed.reason.message}\nstarting both again`)
  }
}

async function prepareServers(options: StartServersOptions): Promise<Servers> {
  const dataDir = resolve(options.dataDir)
  const onProgress = options.onProgress ?? (() => undefined)
  const [engineTree, brokerTree] = await Promise.all([
    fetchEngine(options.engine, onProgress),
    fetchBroker(options.broker, onProgress),
  ])
  assertUnused(dataDir)
  const { databasePort, brokerPort, distributionPort, epmdPort, password } = await keepIdentity(dataDir)
  const { tls } = options
  const [amqpsPort] = tls ? await freePorts(1) : []
  const databaseOptions: DatabaseOptions = {
    tls,
    engine: options.engine,
    tree: engineTree,
    folder: join(dataDir, ENGINES[options.engine].name),
    port: databasePort,
    password,
  }
  const brokerOptions: BrokerOptions = {
    ...(tls && amqpsPort !== undefined ? { tls: { ...tls, port: amqpsPort } } : {}),
    tree: brokerTree,
    folder: join(dataDir, BROKERS[options.broker].name),
    port: brokerPort,
    distributionPort,
    epmdPort,
    password,
  }
  const database = createServer(databaseParts(databaseOptions), dataDir)
  const broker = createServer(brokerParts(brokerOptions), dataDir)
  return {
    databaseUrl: databaseUrls(databaseOptions).url,
    databaseAdminUrl: databaseUrls(databaseOptions).adminUrl,
    amqpUrl: brokerUrl(brokerOptions),
    amqpsPort,
    database,
    broker,
    async managementCtl(args) {
      // Erlang's tools would start a port mapper of their own, which would never be stopped.
      if (broker.pids().length === 0) throw new Error('RabbitMQ is not running')
      return controlBroker(brokerOptions, args)
    },
    async stop() {
      await Promise.all([database.stop(), broker.stop()])
    },
  }
}
