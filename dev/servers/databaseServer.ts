import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { run } from '../processes/run.ts'
import type { Engine } from './catalogue.ts'
import { produceOnce } from './produceOnce.ts'
import type { ServerParts } from './server.ts'
import { databaseSettings } from './settings.ts'
import { findLoader } from './treeLoader.ts'
import type { Tree } from './unpack.ts'

export interface DatabaseOptions {
  engine: Engine
  tree: Tree
  /** Holds the data folder, the log and the file that creates the users. */
  folder: string
  port: number
  password: string
  /** Offers TLS as well. */
  tls?: TlsFiles | undefined
  /** A member of a group replicates; MySQL alone. */
  group?: GroupMember
}

/** How one member of a replication group is known to the others. */
export interface GroupMember {
  /** From 1. */
  number: number
  name: string
  communicationPort: number
  /** Of all members. */
  communicationPorts: readonly number[]
}

/** PEM files. */
export interface TlsFiles {
  caFile: string
  certFile: string
  keyFile: string
}

const NAMES: Record<Engine, string> = { mysql: 'MySQL', mariadb: 'MariaDB' }
const PROGRAMS: Record<Engine, string> = { mysql: 'usr/sbin/mysqld', mariadb: 'usr/sbin/mariadbd' }

const STALE = ['socket', 'socket.lock', 'pid']

// A clean stop writes back changed pages, at most the buffer pool.
const STOP_GRACE_MS = 60_000
const PROBE_TIMEOUT_MS = 2_000
const INITIALISE_TIMEOUT_MS = 120_000

const ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', OPENSSL_CONF: '/dev/null' }

export function databaseUrls({ port, password }: DatabaseOptions): { url: string; adminUrl: string } {
  const address = `${password}@127.0.0.1:${port}`
  return { url: `mysql://chapar:${address}/chapar`, adminUrl: `mysql://admin:${address}/` }
}

export function databaseParts(options: DatabaseOptions): ServerParts {
  const { engine, tree, folder, port } = options
  const dataFolder = join(folder, 'data')
  const usersFile = join(folder, 'users.sql')
  return {
    name: NAMES[engine],
    version: tree.version,
    port,
    logFile: join(folder, 'log'),
    dataFolder,
    stopGraceMs: STOP_GRACE_MS,
    async prepare() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      // Left by a killed server. It names a process id, which may belong to another process by now.
      await Promise.all(STALE.map((name) => rm(join(dataFolder, name), { force: true })))
      await writeFile(usersFile, createUsers(options), { mode: 0o600 })
      await produceOnce(dataFolder, async (unfinished) => {
        await cp(await emptyDatabase(engine, tree), unfinished, { recursive: true })
      })
    },
    command: () => {
      const { command, args } = serverCommand(engine, tree, dataFolder)
      const network = [`--port=${port}`, '--bind-address=127.0.0.1', `--init-file=${usersFile}`]
      return {
        command,
        args: [...args, ...network, ...tlsArgs(options), ...databaseSettings(engine), ...groupArgs(options)],
        env: ENV,
      }
    },
    async probe() {
      const connection = await createConnection({
        uri: databaseUrls(options).url,
        connectTimeout: PROBE_TIMEOUT_MS,
      })
      try {
        await connection.query('SELECT 1')
      } finally {
        connection.destroy()
      }
    },
  }
}

function tlsArgs({ tls }: DatabaseOptions): string[] {
  if (!tls) return []
  return [`--ssl-ca=${tls.caFile}`, `--ssl-cert=${tls.certFile}`, `--ssl-key=${tls.keyFile}`]
}

/** What is not set here has its default. A member joins when it is told to. */
function groupArgs({ group, port }: DatabaseOptions): string[] {
  if (!group) return []
  const address = (communicationPort: number) => `127.0.0.1:${communicationPort}`
  return [
    ...[`--server-id=${group.number}`, '--gtid-mode=ON', '--enforce-gtid-consistency=ON'],
    ...['--report-host=127.0.0.1', `--report-port=${port}`],
    '--plugin-load-add=group_replication.so',
    `--loose-group_replication_group_name=${group.name}`,
    `--loose-group_replication_local_address=${address(group.communicationPort)}`,
    `--loose-group_replication_group_seeds=${group.communicationPorts.map(address).join(',')}`,
    '--loose-group_replication_start_on_boot=OFF',
    '--loose-group_replication_ssl_mode=DISABLED',
    // There is no TLS, over which a member would send its password to another one.
    '--loose-group_replication_recovery_get_public_key=ON',
    '--loose-group_replication_recovery_use_ssl=OFF',
  ]
}

/** Run by the server itself at each start, before it accepts connections. */
function createUsers({ password, group }: DatabaseOptions): string {
  return [
    // Each member makes them for itself; what only one of them has logged would keep it out of the group.
    ...(group ? ['SET SESSION sql_log_bin = 0;'] : []),
    'CREATE DATABASE IF NOT EXISTS chapar CHARACTER SET utf8mb4;',
    `CREATE USER IF NOT EXISTS 'chapar'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    "GRANT ALL PRIVILEGES ON `chapar%`.* TO 'chapar'@'127.0.0.1';",
    `CREATE USER IF NOT EXISTS 'admin'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    "GRANT ALL PRIVILEGES ON *.* TO 'admin'@'127.0.0.1' WITH GRANT OPTION;",
    '',
  ].join('\n')
}

function serverCommand(engine: Engine, tree: Tree, dataFolder: string): { command: string; args: string[] } {
  const { loader, libraries } = findLoader(tree.root)
  const inTree = (path: string) => join(tree.root, path)
  const args = [
    '--library-path',
    libraries,
    inTree(PROGRAMS[engine]),
    '--no-defaults',
    `--basedir=${inTree('usr')}`,
    `--lc-messages-dir=${inTree('usr/share/mysql')}`,
    `--character-sets-dir=${inTree('usr/share/mysql/charsets')}`,
    `--plugin-dir=${inTree('usr/lib/mysql/plugin')}`,
    `--datadir=${dataFolder}`,
    // Relative to the data folder, which the server changes into: a socket's whole path may have 107 bytes at most.
    '--socket=socket',
    `--pid-file=${join(dataFolder, 'pid')}`,
    // MariaDB removes at its start what it finds of temporary tables there, which in /tmp are those of other servers.
    `--tmpdir=${dataFolder}`,
  ]
  // The address is loopback, so certificates would protect nothing, and making them takes time.
  if (engine === 'mysql') args.push('--secure-file-priv=NULL', '--auto-generate-certs=OFF', '--mysqlx=OFF')
  // Both refuse to run as root unless told so in as many words.
  if (process.getuid?.() === 0) args.push('--user=root')
  return { command: loader, args }
}

/** A data folder without anything in it, made once for each tree and copied from then on. */
async function emptyDatabase(engine: Engine, tree: Tree): Promise<string> {
  const template = `${tree.root}-empty`
  await produceOnce(template, async (unfinished) => {
    const { command, args } = serverCommand(engine, tree, unfinished)
    const options = { env: ENV, timeoutMs: INITIALISE_TIMEOUT_MS }
    if (engine === 'mysql') await run(command, [...args, '--initialize-insecure'], options)
    else await run('/bin/sh', ['-c', BOOTSTRAP, tree.root, command, ...args, '--bootstrap'], options)
    await removeOwnTraces(unfinished)
  })
  return template
}

const BOOTSTRAP = `cd "$0/usr/share/mysql" &&
{ printf '%s\\n' 'CREATE DATABASE mysql;' 'USE mysql;'
  cat mysql_system_tables.sql mysql_performance_tables.sql mysql_system_tables_data.sql
} | "$@"`

/** What must differ from one server to the next (its identity), and spare log files, which it makes anew. */
async function removeOwnTraces(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true })
  const traces = entries.filter((name) => name === 'auto.cnf' || /#ib_redo[0-9]+_tmp$/.test(name))
  await Promise.all(traces.map((name) => rm(join(folder, name))))
}
