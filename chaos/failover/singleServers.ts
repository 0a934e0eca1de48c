import { join } from 'node:path'
import { brokerParts, brokerUrl } from '../../dev/servers/brokerServer.ts'
import type { BrokerOptions } from '../../dev/servers/brokerServer.ts'
import { createServer } from '../../dev/servers/createServer.ts'
import { databaseParts, databaseUrls } from '../../dev/servers/databaseServer.ts'
import type { DatabaseOptions } from '../../dev/servers/databaseServer.ts'
import { fetchBroker, fetchEngine } from '../../dev/servers/fetch.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Server } from '../../dev/servers/server.ts'

/** A server that does not fail over, beside the group or cluster that does. */
export type SingleServer = Server & { url: string }

export async function startBroker(
  folder: string,
  password: string,
  say: (line: string) => void,
): Promise<SingleServer> {
  const tree = await fetchBroker('4.3', say)
  const [port = 0, distributionPort = 0, epmdPort = 0] = await freePorts(3)
  const options: BrokerOptions = {
    tree,
    password,
    port,
    distributionPort,
    epmdPort,
    folder: join(folder, 'rabbitmq'),
  }
  const server = createServer(brokerParts(options), folder)
  await server.start()
  return { ...server, url: brokerUrl(options) }
}

export async function startDatabase(
  folder: string,
  password: string,
  say: (line: string) => void,
): Promise<SingleServer> {
  const tree = await fetchEngine('mysql', say)
  const [port = 0] = await freePorts(1)
  const options: DatabaseOptions = { engine: 'mysql', tree, password, port, folder: join(folder, 'mysql') }
  const server = createServer(databaseParts(options), folder)
  await server.start()
  return { ...server, url: databaseUrls(options).url }
}
