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
}

const NODE = 'chapar@localhost'
const LOOPBACK_ONLY = '-kernel inet_dist_use_interface {127,0,0,1}'

// The broker closes its queues' files before it goes; with a full queue that takes some seconds.
const STOP_GRACE_MS = 60_000
const PROBE_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 120_000

export function brokerUrl({ port, password }: BrokerOptions): string {
  return `amqp://chapar:${password}@127.0.0.1:${port}/chapar`
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
      command: script(tree, 'rabbitmq-server'),
      args: [],
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
  return run(script(options.tree, 'rabbitmqctl'), args, {
    env: {
      ...nodeEnv(options),
      RABBITMQ_CTL_ERL_ARGS: LOOPBACK_ONLY,
      RABBITMQ_CTL_DIST_PORT_MIN: String(port),
      RABBITMQ_CTL_DIST_PORT_MAX: String(port),
    },
    timeoutMs: COMMAND_TIMEOUT_MS,
    cwd: options.folder,
  })
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
  const inFolder = (name: string) => join(options.folder, name)
  return {
    ...erlangEnv(options.tree.root),
    HOME: inFolder('home'),
    LANG: 'C.UTF-8',
    OPENSSL_CONF: '/dev/null',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(options.epmdPort),
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_NODE_PORT: String(options.port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(options.distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: LOOPBACK_ONLY,
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
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  await rm(join(options.folder, 'rabbitmq.conf'), { force: true })
  await writeFile(join(options.folder, 'rabbitmq.conf'), lines.join(''), { mode: 0o600 })
}

function tlsSettings({ tls }: BrokerOptions): Record<string, string> {
  if (!tls) return {}
  return {
    'listeners.ssl.1': `127.0.0.1:${tls.port}`,
    'ssl_options.cacertfile': tls.caFile,
    'ssl_options.certfile': tls.certFile,
    'ssl_options.keyfile': tls.keyFile,
    'ssl_options.verify': 'verify_none',
  }
}
