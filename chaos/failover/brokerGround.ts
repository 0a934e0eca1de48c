import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startBrokerCluster } from './brokerCluster.ts'
import type { BrokerCluster, ClusterNode } from './brokerCluster.ts'
import { mayOpenNetwork, openNetwork } from './network.ts'
import type { Network } from './network.ts'
import type { Ground, GroundOptions, Step } from './scenario.ts'
import { startDatabase } from './singleServers.ts'

const WATCHED_MS = 30_000
/** Above Erlang's 60 s, after which nodes take each other for gone. */
const PARTITION_MS = 75_000
const CALM_MS = 20_000
const PASSWORD_BYTES = 18

/** Three RabbitMQ nodes, of which the engine knows all, and one MySQL server. */
export async function brokerGround({ folder, stopList, say }: GroundOptions): Promise<Ground> {
  const data = join(folder, 'data')
  const password = randomBytes(PASSWORD_BYTES).toString('hex')
  const database = await startDatabase(join(data, 'single'), password, say)
  stopList.add(() => database.stop())
  const network = mayOpenNetwork() ? await openNetwork(3) : undefined
  if (network) stopList.add(() => network.close())
  else say('no partition: network namespaces need root')
  const cluster = await startBrokerCluster(join(data, 'cluster'), password, network, say)
  stopList.add(() => cluster.stop())
  const [first] = cluster.nodes as [ClusterNode]
  return {
    servers: `${first.name} ${first.version} on three nodes, ${database.name} ${database.version}`,
    databaseUrl: database.url,
    links: { databaseLink: database, brokerLink: { url: cluster.url } },
    steps: [...killSteps(cluster, say), ...(network ? partitionSteps(cluster, network) : [])],
  }
}

function killSteps(cluster: BrokerCluster, say: (line: string) => void): Step[] {
  // The engine tries it first, so that all connections are there.
  const [victim] = cluster.nodes as [ClusterNode]
  return [
    {
      what: 'RabbitMQ: node of all connections killed',
      run: async (meter) => {
        for (const { name, members, leader } of await cluster.queues(victim))
          say(`${name} is on ${members} nodes, led by ${leader}`)
        return meter.watch(() => victim.kill(), WATCHED_MS)
      },
    },
    { what: 'RabbitMQ: it is started again', run: (meter) => meter.watch(() => victim.start(), CALM_MS) },
  ]
}

function partitionSteps({ nodes }: BrokerCluster, network: Network): Step[] {
  // The second one has the connections since the first was killed.
  const host = nodes[1]?.host
  if (!host) return []
  return [
    {
      what: `RabbitMQ: node of all connections cut off from the others for ${PARTITION_MS / 1_000} s`,
      run: (meter) => meter.watch(() => network.isolate(host), PARTITION_MS),
    },
    { what: 'RabbitMQ: partition healed', run: (meter) => meter.watch(() => network.heal(host), CALM_MS) },
  ]
}
