import { connect } from 'amqplib'
import type { Servers } from '../../../dev/servers.ts'
import type { Fact } from '../../result.ts'
import { withDatabase } from './database.ts'

/** The settings that make a commit durable, with their meaning. Variables that a server does not know are left out. */
const VARIABLES: Record<string, string> = {
  innodb_flush_log_at_trx_commit: '1: the redo log is flushed at every commit',
  sync_binlog: '1: the binary log is flushed at every commit',
  log_bin: 'the binary log is written',
  innodb_doublewrite: 'a torn page is mended after a loss of power',
  innodb_flush_method: '',
  innodb_buffer_pool_size: 'bytes',
  innodb_redo_log_capacity: 'bytes',
}

/** Read from the servers, because a configuration file may not be in effect. */
export async function readDurability(servers: Pick<Servers, 'databaseAdminUrl'>): Promise<Fact[]> {
  const names = Object.keys(VARIABLES)
  const variables = await withDatabase(servers.databaseAdminUrl, (database) =>
    database.rows<{ Variable_name: string; Value: string }>(
      'SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)',
      [names],
    ),
  )
  return variables.map(({ Variable_name: name, Value: value }) => {
    const note = VARIABLES[name]
    return { name, value, ...(note ? { note } : {}) }
  })
}

/** The versions that the servers themselves name. */
export async function readVersions(servers: Servers): Promise<Record<string, string>> {
  const [row] = await withDatabase(servers.databaseAdminUrl, (database) =>
    database.rows<{ version: string }>('SELECT VERSION() AS version'),
  )
  const connection = await connect(servers.amqpUrl)
  const { product, version } = connection.connection.serverProperties
  await connection.close()
  return { [servers.database.name.toLowerCase()]: row?.version ?? '', [product.toLowerCase()]: version }
}

/** The queues' type, as the broker lists them; asked while the engine runs, which declares them. */
export async function readQueueTypes(servers: Servers, virtualHost = 'chapar'): Promise<Fact[]> {
  const text = await servers.managementCtl([
    'list_queues',
    '--vhost',
    virtualHost,
    'name',
    'type',
    'durable',
    '--quiet',
    '--no-table-headers',
  ])
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([name, type]) => name !== undefined && type !== undefined)
    .map(([name = '', type = '', durable]) => ({
      name: `queue ${name}`,
      value: durable === 'true' ? `${type}, durable` : type,
      ...(type === 'quorum' ? { note: 'confirmed after its log is flushed' } : {}),
    }))
}
