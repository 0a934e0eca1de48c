export type Engine = 'mysql' | 'mariadb'
export type Broker = '4.3' | '3.10'
export type Monitor = 'prometheus' | 'mysqldExporter'
/** What looks at the operations page in its test. */
export type Browser = 'chromium'
export type Distribution = 'debian' | 'ubuntu'

/** Where a server comes from: a package of one of the distribution's suites, unpacked with all its libraries. */
export interface ServerPackage {
  /** The folder's name under .local/servers and in a data folder. */
  name: string
  /** As people call it. */
  label: string
  package: string
  /** Others to unpack beside it. */
  with?: string[]
  /** The suite that holds this version; a distribution without one does not have it. */
  suites: Partial<Record<Distribution, string>>
  /** Its programs lie in usr/bin, of which nothing is unpacked otherwise. */
  keepsPrograms?: true
  /** Further packages that are unpacked with it, with their programs. */
  programsOf?: string[]
}

export const ENGINES: Record<Engine, ServerPackage> = {
  mysql: {
    name: 'mysql-9.7',
    label: 'MySQL 9.7',
    package: 'mysql-server-core',
    suites: { debian: 'unstable', ubuntu: 'devel' },
  },
  mariadb: {
    name: 'mariadb-10.11',
    label: 'MariaDB 10.11',
    package: 'mariadb-server-core',
    suites: { debian: 'bookworm', ubuntu: 'noble' },
  },
}

export const BROKERS: Record<Broker, ServerPackage> = {
  '4.3': {
    name: 'rabbitmq-4.3',
    label: 'RabbitMQ 4.3',
    package: 'rabbitmq-server',
    suites: { debian: 'unstable', ubuntu: 'devel' },
  },
  '3.10': {
    name: 'rabbitmq-3.10',
    label: 'RabbitMQ 3.10',
    package: 'rabbitmq-server',
    suites: { debian: 'bookworm' },
  },
}

/** What tests observe an engine with, and what checks its alert rules. */
export const MONITORS: Record<Monitor, ServerPackage> = {
  prometheus: {
    name: 'prometheus-2.4',
    label: 'Prometheus',
    package: 'prometheus',
    suites: { debian: 'bookworm', ubuntu: 'noble' },
    keepsPrograms: true,
  },
  mysqldExporter: {
    name: 'mysqld-exporter-0.1',
    label: 'mysqld_exporter',
    package: 'prometheus-mysqld-exporter',
    suites: { debian: 'bookworm', ubuntu: 'noble' },
    keepsPrograms: true,
  },
}

/** What backs an engine up and restores it: dump, client, and reader of binary logs. */
export const BACKUP_TOOLS: Record<Engine, ServerPackage> = {
  mysql: {
    name: 'mysql-tools-9.7',
    label: 'the tools of MySQL',
    package: 'mysql-client-core',
    suites: ENGINES.mysql.suites,
    keepsPrograms: true,
    // It has the reader of binary logs.
    programsOf: ['mysql-server-core'],
  },
  mariadb: {
    name: 'mariadb-tools-10.11',
    label: 'the tools of MariaDB',
    package: 'mariadb-client',
    suites: ENGINES.mariadb.suites,
    keepsPrograms: true,
    programsOf: ['mariadb-client-core'],
  },
}

export const BROWSERS: Record<Browser, ServerPackage> = {
  chromium: {
    name: 'chromium',
    label: 'Chromium',
    package: 'chromium',
    // Without fonts it draws no text, and the page asks for a plain one.
    with: ['fonts-inter', 'fonts-dejavu-core'],
    suites: { debian: 'bookworm' },
    keepsPrograms: true,
  },
}
