import type { Engine } from './catalogue.ts'

// How the private servers are set: sized for a laptop, and as durable as in production, since tests kill them.

const DATABASE_SETTINGS = [
  // An acknowledged commit survives a kill of the server and a loss of power.
  '--innodb-flush-log-at-trx-commit=1',
  '--sync-binlog=1',
  '--log-bin=binlog',
  '--server-id=1',
  '--binlog-format=ROW',
  // The binary log is enabled for its cost and never replayed, so it expires after an hour.
  '--binlog-expire-logs-seconds=3600',
  '--max-binlog-size=256M',
  '--innodb-buffer-pool-size=512M',
  // Above what api, relay and consumer processes of one load test open together (50 each by default).
  '--max-connections=300',
  '--max-allowed-packet=64M',
  '--character-set-server=utf8mb4',
  '--skip-name-resolve',
]

const ENGINE_SETTINGS: Record<Engine, string[]> = {
  mysql: ['--innodb-redo-log-capacity=512M'],
  mariadb: ['--innodb-log-file-size=512M', '--innodb-flush-method=O_DIRECT'],
}

export function databaseSettings(engine: Engine): string[] {
  return [...DATABASE_SETTINGS, ...ENGINE_SETTINGS[engine]]
}

/** rabbitmq.conf, without the names and passwords. */
export const BROKER_SETTINGS = {
  // Above it the broker stops reading from publishers; a fixed size, so that the machine's size changes nothing.
  'vm_memory_high_watermark.absolute': '1GB',
  'disk_free_limit.absolute': '200MB',
  // Quorum queues keep this much in memory too, and read it back at a start after a kill.
  'raft.wal_max_size_bytes': '67108864',
  'log.file.level': 'info',
  'log.console': 'false',
}
