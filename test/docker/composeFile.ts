import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully'

export interface Service {
  image: string
  /** Started only with a profile of these. */
  profiles?: string[]
  build?: string
  restart: string
  command?: string[]
  environment: Record<string, string>
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: Condition }>
  healthcheck: { test?: string[]; disable?: boolean }
  stop_grace_period?: string
}

export interface ComposeFile {
  services: Record<string, Service>
  volumes: Record<string, null>
}

/** The file as written, with anchors merged, variables left at their defaults and doubled dollars made single. */
export function readComposeFile(): ComposeFile {
  // Variables are replaced in what was read, as Docker does it: an empty one is an empty text.
  const replace = (_key: unknown, value: unknown) => (typeof value === 'string' ? interpolate(value) : value)
  return parse(readProjectFile('docker-compose.yml'), replace, { merge: true }) as ComposeFile
}

/** Without the services of profiles, as `docker compose up` takes it. */
export function withoutProfiles(file: ComposeFile): ComposeFile {
  const services = Object.entries(file.services).filter(([, { profiles }]) => profiles === undefined)
  return { ...file, services: Object.fromEntries(services) }
}

function interpolate(text: string): string {
  return text.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}|\$\$/g, (_whole, byDefault?: string) => byDefault ?? '$')
}

export function serviceOf(file: ComposeFile, name: string): Service {
  const service = file.services[name]
  if (!service) throw new Error(`there is no service ${name}`)
  return service
}

/** The services that a service waits for, and the condition of each. */
export function dependenciesOf(service: Service): [name: string, condition: Condition][] {
  return Object.entries(service.depends_on ?? {}).map(([name, { condition }]) => [name, condition])
}

/** What the image's last stage says. */
export interface Image {
  user: string
  command: string[]
  healthcheck: string[]
  stopSignal: string
  environment: Record<string, string>
  /** What it takes from the checkout, stages before it included. */
  copied: string[]
}

export function readImage(): Image {
  const instructions = readProjectFile('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /^(\S+)\s+(.*)$/.exec(line)?.slice(1) as [string, string])
  const last = instructions.slice(instructions.findLastIndex(([keyword]) => keyword === 'FROM'))
  const only = (keyword: string) => {
    const found = last.filter(([name]) => name === keyword).map(([, rest]) => rest)
    if (found.length !== 1) throw new Error(`the last stage has ${found.length} times ${keyword}`)
    return found[0] ?? ''
  }
  return {
    user: only('USER'),
    command: execForm(only('CMD')),
    healthcheck: execForm(only('HEALTHCHECK').replace(/^.*? CMD /, '')),
    stopSignal: only('STOPSIGNAL'),
    environment: Object.fromEntries(
      last.filter(([name]) => name === 'ENV').map(([, rest]) => rest.split('=') as [string, string]),
    ),
    copied: instructions
      .filter(([name, rest]) => name === 'COPY' && !rest.startsWith('--from='))
      .flatMap(([, rest]) => rest.split(' ').filter((word) => !word.startsWith('--')))
      .filter((word) => !word.startsWith('./')),
  }
}

/** The form without a shell, whose signals reach the program itself. */
function execForm(text: string): string[] {
  return JSON.parse(text) as string[]
}

export function readProjectFile(path: string): string {
  return readFileSync(`${CHECKOUT}/${path}`, 'utf8')
}

/** `30s` or `1m` in seconds. */
export function toSeconds(duration: string): number {
  const [, count, unit] = /^([0-9]+)(s|m)$/.exec(duration) ?? []
  if (count === undefined) throw new Error(`${duration} is not a duration that this reads`)
  return Number(count) * (unit === 'm' ? 60 : 1)
}
