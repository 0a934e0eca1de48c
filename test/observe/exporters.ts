import { join } from 'node:path'
import type { Servers } from '../../dev/servers.ts'
import { createServer } from '../../dev/servers/createServer.ts'
import { fetchMonitor } from '../../dev/servers/fetch.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import type { Server } from '../../dev/servers/server.ts'
import { treeProgram } from '../../dev/servers/treeProgram.ts'

const STOP_GRACE_MS = 5_000

/** Serves the metrics of the suite's MySQL. */
export async function startMysqldExporter(folder: string, databaseAdminUrl: string): Promise<Server> {
  const tree = await fetchMonitor('mysqldExporter', () => {})
  const [port = 0] = await freePorts(1)
  const { username, password, host } = new URL(databaseAdminUrl)
  const program = treeProgram(tree, 'usr/bin/prometheus-mysqld-exporter')
  const server = createServer(
    {
      ...{ name: 'mysqld_exporter', version: tree.version, port, stopGraceMs: STOP_GRACE_MS },
      logFile: join(folder, 'log'),
      dataFolder: folder,
      prepare: () => Promise.resolve(),
      command: () => ({
        command: program.command,
        // MySQL 9 has no statement of the old name any more.
        args: [...program.args, `--web.listen-address=127.0.0.1:${port}`, '--no-collect.slave_status'],
        env: { PATH: '/usr/bin:/bin', DATA_SOURCE_NAME: `${username}:${password}@(${host})/` },
      }),
      probe: async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
        if (!/^mysql_up 1$/m.test(text)) throw new Error('not connected')
      },
    },
    folder,
  )
  await server.start()
  return server
}

/** Starts the metrics plugin in the suite's RabbitMQ. @returns its address. */
export async function startRabbitMetrics(
  servers: Servers,
): Promise<{ address: string; stop(): Promise<void> }> {
  const [port = 0] = await freePorts(1)
  const ensure = (plugins: string) => `
    {ok, File} = application:get_env(rabbit, enabled_plugins_file),
    ok = file:write_file(File, "[${plugins}].\n"),
    {ok, _, _} = rabbit_plugins:ensure(File).`
  const listen = `application:set_env(rabbitmq_prometheus, tcp_config, [{ip, "127.0.0.1"}, {port, ${port}}], [{persistent, true}]),`
  await servers.managementCtl(['eval', listen + ensure('rabbitmq_prometheus')])
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => void (await servers.managementCtl(['eval', ensure('')])),
  }
}
