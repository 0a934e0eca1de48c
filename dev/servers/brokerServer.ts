import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { run } from '../processes/run.ts'
import type { TlsFiles } from './databaseServer.ts'
import { erlangEnv } from './erlang.ts'
import { freePorts } from './ports.ts'
import type { ServerParts } from './server.ts'
import { BROKER_SETTINGS } from './settings.ts'
import type { Tree } from './unpack.ts'

export interface BrokerOptions {
  tree: Tree
  /** Holds the node's home (cookie), configuration, data and logs. */
  folder: string
  port: number
  /** How Erlang's tools reach the node. */
  distributionPort: number
  /** The node's own port mapper, so that it neither uses nor disturbs one that runs already. */
  epmdPort: number
  password: string
  /** Serves TLS as well, at a port of its own. */
  tls?: (TlsFiles & { port: number }) | undefined
  /** Where it is, and with whom; on this machine's loopback address, alone, by default. */
  place?: BrokerPlace
}

/** A node of a cluster. */
export interface BrokerPlace {
  /** name@host; a host with dots is an address. */
  node: string
  /** Of all nodes. */
  nodes: readonly string[]
  address: string
  /** What a command is to be started with, such as that of a network namespace. */
  prefix: readonly string[]
}

const ALONE: BrokerPlace = { node: 'chapar@localhost', nodes: [], address: '127.0.0.1', prefix: [] }

// The broker closes its queues' files before it goes; with a full queue that takes some seconds.
const STOP_GRACE_MS = 60_000
const PROBE_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 120_000

export function brokerUrl({ port, password, place = ALONE }: BrokerOptions): string {
  return `amqp://chapar:${password}@${place.address}:${port}/chapar`
}

export function brokerParts(options: BrokerOptions): ServerParts {
  const { folder, tree, port } = options
  return {
    name: 'RabbitMQ',
    version: tree.version,
    port,
    logFile: join(folder, 'console.log'),
    dataFolder: join(folder, 'data'),
    stopGraceMs: STOP_GRACE_MS,
    prepare: () => prepareFolder(options),
    command: () => ({
      ...inPlace(options, script(tree, 'rabbitmq-server'), []),
      env: nodeEnv(options),
      cwd: folder,
    }),
    async probe() {
      const connection = await connect(brokerUrl(options), { timeout: PROBE_TIMEOUT_MS })
      await connection.close()
    },
  }
}

/** Runs rabbitmqctl against the node and resolves to what it printed. */
export async function controlBroker(options: BrokerOptions, args: string[]): Promise<string> {
  const [port] = await freePorts(1)
  const { command, args: all } = inPlace(options, script(options.tree, 'rabbitmqctl'), args)
  return run(command, all, {
    env: {
      ...nodeEnv(options),
      RABBITMQ_CTL_ERL_ARGS: listenAt(options),
      RABBITMQ_CTL_DIST_PORT_MIN: String(port),
      RABBITMQ_CTL_DIST_PORT_MAX: String(port),
    },
    timeoutMs: COMMAND_TIMEOUT_MS,
    cwd: options.folder,
  })
}

function inPlace({ place = ALONE }: BrokerOptions, script: string, args: string[]) {
  const [command = script, ...all] = [...place.prefix, script, ...args]
  return { command, args: all }
}

/** Erlang's nodes talk to each other there and nowhere else. */
function listenAt({ place = ALONE }: BrokerOptions): string {
  return `-kernel inet_dist_use_interface {${place.address.replaceAll('.', ',')}}`
}

/** RabbitMQ's own scripts: the ones in sbin switch to a system user first. */
function script(tree: Tree, name: string): string {
  return join(tree.root, 'usr/lib/rabbitmq/bin', name)
}

function pluginsFolder(tree: Tree): string {
  const releases = join(tree.root, 'usr/lib/rabbitmq/lib')
  const release = readdirSync(releases).find((name) => name.startsWith('rabbitmq_server-'))
  if (!release) throw new Error(`${releases} holds no RabbitMQ: run "make distclean" and try again`)
  return join(releases, release, 'plugins')
}

/** Everything by which one node differs from another; a variable left out would be the system's node's. */
function nodeEnv(options: BrokerOptions): Record<string, string> {
  const { node, address } = options.place ?? ALONE
  const inFolder = (name: string) => join(options.folder, name)
  return {
    ...erlangEnv(options.tree.root),
    HOME: inFolder('home'),
    LANG: 'C.UTF-8',
    OPENSSL_CONF: '/dev/null',
    ERL_EPMD_ADDRESS: address,
    ERL_EPMD_PORT: String(options.epmdPort),
    RABBITMQ_NODENAME: node,
    ...(node.includes('.') && { RABBITMQ_USE_LONGNAME: 'true' }),
    RABBITMQ_NODE_PORT: String(options.port),
    RABBITMQ_NODE_IP_ADDRESS: address,
    RABBITMQ_DIST_PORT: String(options.distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: listenAt(options),
    RABBITMQ_CONF_ENV_FILE: inFolder('no-environment-file'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: inFolder('no-more-files/*.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inFolder('no-advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_PLUGINS_DIR: pluginsFolder(options.tree),
    RABBITMQ_MNESIA_BASE: inFolder('data'),
    RABBITMQ_LOG_BASE: inFolder('logs'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    // The start script becomes the server instead of waiting beside it, so that its process id is the server's.
    RUNNING_UNDER_SYSTEMD: 'true',
  }
}

async function prepareFolder(options: BrokerOptions): Promise<void> {
  const home = join(options.folder, 'home')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await mkdir(join(options.folder, 'data'), { recursive: true })
  const cookie = join(home, '.erlang.cookie')
  // Erlang wants the cookie unreadable to others, and a file without write permission is not written again.
  if (!(await readdir(home)).includes('.erlang.cookie')) await writeFile(cookie, options.password)
  await chmod(cookie, 0o400)
  await writeFile(join(options.folder, 'enabled_plugins'), '[].\n')
  const settings = {
    ...BROKER_SETTINGS,
    default_vhost: 'chapar',
    default_user: 'chapar',
    default_pass: options.password,
    'default_user_tags.administrator': 'true',
    ...tlsSettings(options),
    ...clusterSettings(options),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  await rm(join(options.folder, 'rabbitmq.conf'), { force: true })
  await writeFile(join(options.folder, 'rabbitmq.conf'), lines.join(''), { mode: 0o600 })
}

/** The nodes find each other at their first start. */
function clusterSettings({ place = ALONE }: BrokerOptions): Record<string, string> {
  if (place.nodes.length === 0) return {}
  return {
    'cluster_formation.peer_discovery_backend': 'classic_config',
    ...Object.fromEntries(
      place.nodes.map((node, index) => [`cluster_formation.classic_config.nodes.${index + 1}`, node]),
    ),
  }
}

function tlsSettings({ tls }: BrokerOptions): Record<string, string> {
  if (!tls) return {}
  return {
    'listeners.ssl.1': `127.0.0.1:${tls.port}`,
    'ssl_options.cacertfile': tls.caFile,
    'ssl_options.certfile': tls.certFile,
    'ssl_options.keyfile': tls.keyFile,
    // A client may leave its certificate out; one that it shows has to be of the authority.
    'ssl_options.verify': 'verify_peer',
    'ssl_options.fail_if_no_peer_cert': 'false',
  }
}
