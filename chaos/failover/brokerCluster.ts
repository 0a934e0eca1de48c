import { join } from 'node:path'
import { launch } from '../../dev/processes/launch.ts'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { brokerParts, brokerUrl, controlBroker } from '../../dev/servers/brokerServer.ts'
import type { BrokerOptions } from '../../dev/servers/brokerServer.ts'
import { createServer } from '../../dev/servers/createServer.ts'
import { erlangEnv } from '../../dev/servers/erlang.ts'
import { fetchBroker } from '../../dev/servers/fetch.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Server } from '../../dev/servers/server.ts'
import type { Tree } from '../../dev/servers/unpack.ts'
import type { Host, Network } from './network.ts'

/** A node of the cluster. */
export interface ClusterNode extends Server {
  /** name@host. */
  node: string
  url: string
  host: Host | undefined
  ctl(args: string[]): Promise<string>
}

/** Three RabbitMQ nodes. */
export interface BrokerCluster {
  nodes: readonly ClusterNode[]
  /** As AMQP_URL names all of them. */
  url: string
  /** Of each queue: how many nodes have it, and which one leads it. */
  queues(asked: ClusterNode): Promise<QueuePlace[]>
  stop(): Promise<void>
}

export interface QueuePlace {
  name: string
  members: number
  leader: string
}

const NODES = 3
const FORM_TIMEOUT_MS = 300_000
const PATIENCE_MS = 1_000

/** With a network each node has a host of its own; otherwise all of them share the loopback address. */
export async function startBrokerCluster(
  folder: string,
  password: string,
  network: Network | undefined,
  onProgress: (line: string) => void,
): Promise<BrokerCluster> {
  const tree = await fetchBroker('4.3', onProgress)
  const [epmdPort = 0, ...ports] = await freePorts(1 + 2 * NODES)
  const names = Array.from({ length: NODES }, (_, index) => {
    const host = network?.hosts[index]
    return { host, node: host ? `chapar@${host.address}` : `chapar${index + 1}@localhost` }
  })
  const mapper = network ? undefined : await startPortMapper(tree, epmdPort, folder)
  const nodes = names.map(({ host, node }, index): ClusterNode => {
    const options: BrokerOptions = {
      ...{ tree, password, epmdPort, folder: join(folder, `rabbitmq-${index + 1}`) },
      ...{ port: ports[index] ?? 0, distributionPort: ports[NODES + index] ?? 0 },
      place: {
        ...{ node, nodes: names.map((each) => each.node) },
        ...{ address: host?.address ?? '127.0.0.1', prefix: host?.prefix ?? [] },
      },
    }
    const server = createServer(brokerParts(options), folder)
    return { ...server, node, host, url: brokerUrl(options), ctl: (args) => controlBroker(options, args) }
  })
  await Promise.all(nodes.map((each) => each.start()))
  await untilFormed(nodes)
  onProgress('the three nodes are a cluster')
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(','),
    queues: readQueues,
    async stop() {
      // The last one to end is the one that the others wait for at a start; no one starts them again.
      await Promise.all(nodes.map((each) => each.stop()))
      await mapper?.kill()
    },
  }
}

/** One for all nodes of an address: that of a node would end with it. */
function startPortMapper(tree: Tree, port: number, folder: string) {
  return launch({
    command: join(tree.root, 'usr/lib/erlang/bin/epmd'),
    args: ['-port', String(port), '-address', '127.0.0.1'],
    env: erlangEnv(tree.root),
    logFile: join(folder, 'epmd.log'),
  })
}

async function untilFormed(nodes: readonly ClusterNode[]): Promise<void> {
  const [first] = nodes
  const isFormed = async () => {
    const status = await first?.ctl(['cluster_status', '--formatter', 'json', '--quiet'])
    const { running_nodes: running } = JSON.parse(status ?? '{}') as { running_nodes?: string[] }
    return running?.length === nodes.length
  }
  await waitUntil(isFormed, {
    what: 'a cluster of all nodes',
    timeoutMs: FORM_TIMEOUT_MS,
    intervalMs: PATIENCE_MS,
  })
}

async function readQueues(asked: ClusterNode): Promise<QueuePlace[]> {
  const args = ['list_queues', '-p', 'chapar', 'name', 'members', 'leader', '--formatter', 'json', '--quiet']
  const queues = JSON.parse(await asked.ctl(args)) as { name: string; members: string[]; leader: string }[]
  return queues.map(({ name, members, leader }) => ({ name, members: members.length, leader }))
}
