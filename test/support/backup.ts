import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../dev/processes/run.ts'
import { fetchBackupTools } from '../../dev/servers/fetch.ts'
import { treeProgram } from '../../dev/servers/treeProgram.ts'
import { chosenEngine } from './servers.ts'

const PROGRAMS = {
  mysql: { dump: 'mysqldump', client: 'mysql', binlog: 'mysqlbinlog' },
  mariadb: { dump: 'mariadb-dump', client: 'mariadb', binlog: 'mariadb-binlog' },
}
/** The servers of tests offer no TLS. */
const LOGIN = { mysql: ['--get-server-public-key'], mariadb: [] }
const TIMEOUT_MS = 120_000
/** The position that a dump is consistent with, as a comment in it. */
const POSITION = { mysql: '--source-data=2', mariadb: '--master-data=2' }
const POSITION_IN_DUMP = /(?:SOURCE|MASTER)_LOG_FILE='([^']+)', (?:SOURCE|MASTER)_LOG_POS=(\d+)/

type Tool = keyof (typeof PROGRAMS)['mysql']

/** The commands of docs/backup.md, with the tools of the engine that the tests run on. */
export async function openBackupTools(folder: string) {
  const engine = chosenEngine()
  const tree = await fetchBackupTools(engine, () => {})
  const tool = (name: Tool, adminUrl: string | undefined, args: string[], input = '/dev/null') => {
    const { command, args: loader } = treeProgram(tree, `usr/bin/${PROGRAMS[engine][name]}`)
    const charsets = `--character-sets-dir=${join(tree.root, 'usr/share/mysql/charsets')}`
    const { hostname, port, username, password } = new URL(adminUrl ?? 'mysql://nobody@127.0.0.1:1')
    const server = ['-h', hostname, '-P', port, '-u', username, ...LOGIN[engine]]
    const all = [...loader, '--no-defaults', charsets, ...(adminUrl === undefined ? [] : server), ...args]
    return run('/bin/sh', ['-c', 'input=$1; shift; exec "$@" <"$input"', 'sh', input, command, ...all], {
      env: { PATH: '/usr/bin:/bin', MYSQL_PWD: password, OPENSSL_CONF: '/dev/null' },
      timeoutMs: TIMEOUT_MS,
      cwd: folder,
    })
  }
  return {
    /** @returns the dump's file, and from where on the binary logs have what it has not. */
    async dump(adminUrl: string, database: string) {
      const file = join(folder, 'dump.sql')
      const consistent = ['--single-transaction', POSITION[engine], `--result-file=${file}`]
      const whole = engine === 'mysql' ? ['--set-gtid-purged=OFF', '--no-tablespaces'] : []
      await tool('dump', adminUrl, [...consistent, ...whole, '--databases', database])
      const [, log = '', position = ''] = POSITION_IN_DUMP.exec(await readFile(file, 'utf8')) ?? []
      return { file, log, position }
    },
    /** Copies the binary logs from one on. A server that runs sends what it has, without waiting for more. */
    async copyLogs(adminUrl: string, first: string): Promise<void> {
      await tool('binlog', adminUrl, ['--read-from-remote-server', '--raw', '--to-last-log', first])
    },
    /** Writes the statements of the copied logs between two positions. */
    async readLogs(
      from: { log: string; position: string },
      to: { log: string; position: string },
    ): Promise<string> {
      const file = join(folder, 'replay.sql')
      const logs = readdirSync(folder).filter(
        (name) => name >= from.log && name <= to.log && /\.\d+$/.test(name),
      )
      const range = [`--start-position=${from.position}`, `--stop-position=${to.position}`]
      await tool('binlog', undefined, [...range, `--result-file=${file}`, ...logs.sort()])
      return file
    },
    async apply(adminUrl: string, file: string): Promise<void> {
      await tool('client', adminUrl, ['--binary-mode'], file)
    },
  }
}
