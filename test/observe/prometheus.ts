import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { createServer } from '../../dev/servers/createServer.ts'
import { fetchMonitor } from '../../dev/servers/fetch.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import { treeProgram } from '../../dev/servers/treeProgram.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'

const FOLDER = join(CHECKOUT, 'docker/prometheus')
const RULES = ['recording.yml', 'alerts.yml']
const STOP_GRACE_MS = 10_000

export interface Sample {
  metric: Record<string, string>
  value: number
}

export interface Prometheus {
  /** The result of an expression now. @throws Error with Prometheus's complaint. */
  query(expr: string): Promise<Sample[]>
  stop(): Promise<void>
}

interface ScrapeConfig {
  job_name: string
  static_configs?: { targets: string[] }[]
  dns_sd_configs?: unknown
}

/**
 * A real one with the project's configuration and rules, but every second, without the time that an alert has to hold,
 * with short memories, and from these addresses by job.
 */
export async function startPrometheus(folder: string, targets: Record<string, string>): Promise<Prometheus> {
  const tree = await fetchMonitor('prometheus', () => {})
  const [port = 0] = await freePorts(1)
  const address = `127.0.0.1:${port}`
  mkdirSync(folder, { recursive: true })
  const configFile = join(folder, 'prometheus.yml')
  for (const name of RULES)
    writeFileSync(join(folder, name), withoutWaits(readFileSync(join(FOLDER, name), 'utf8')))
  writeFileSync(configFile, configure(targets))
  const program = treeProgram(tree, 'usr/bin/prometheus')
  const server = createServer(
    {
      ...{ name: 'Prometheus', version: tree.version, port, stopGraceMs: STOP_GRACE_MS },
      logFile: join(folder, 'log'),
      dataFolder: join(folder, 'data'),
      prepare: () => Promise.resolve(),
      command: () => ({
        command: program.command,
        args: [
          ...program.args,
          `--config.file=${configFile}`,
          `--storage.tsdb.path=${join(folder, 'data')}`,
          `--web.listen-address=${address}`,
        ],
        env: { PATH: '/usr/bin:/bin' },
        cwd: folder,
      }),
      probe: async () => {
        if (!(await fetch(`http://${address}/-/ready`)).ok) throw new Error('not ready')
      },
    },
    folder,
  )
  await server.start()
  return { query: (expr) => query(address, expr), stop: () => server.stop() }
}

function configure(targets: Record<string, string>): string {
  const config = parse(readFileSync(join(FOLDER, 'prometheus.yml'), 'utf8')) as {
    scrape_configs: ScrapeConfig[]
  }
  return stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: RULES,
    scrape_configs: config.scrape_configs
      .filter((job) => job.job_name in targets)
      .map(({ dns_sd_configs: _, ...job }) => ({
        ...job,
        static_configs: [{ targets: [targets[job.job_name]] }],
      })),
  })
}

function withoutWaits(rules: string): string {
  const short = rules.replaceAll(/(max_over_time\([^[]*)\[\dm\]/g, '$1[5s]')
  return short.replaceAll(/^( +for:) .*$/gm, '$1 0s')
}

async function query(address: string, expr: string): Promise<Sample[]> {
  const response = await fetch(`http://${address}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  })
  const answer = (await response.json()) as {
    error?: string
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  if (!answer.data) throw new Error(`${expr}: ${answer.error}`)
  return answer.data.result.map(({ metric, value }) => ({
    metric,
    value: Number(value[1].replace('Inf', 'Infinity')),
  }))
}
