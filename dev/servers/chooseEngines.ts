import { BROKERS, ENGINES, type Broker, type Engine } from './catalogue.ts'
import { fetchBroker, fetchEngine } from './fetch.ts'
import type { Report } from './printProgress.ts'
import { ServerNotAvailable } from './unpack.ts'

export interface EngineChoice {
  engine: Engine
  broker: Broker
  /** Set when something else runs than what was meant; one line for the end of the output. */
  fallback?: string
}

export interface ChooseOptions {
  /** A demonstration may run on the other engine; a test must not pass on something that it did not mean. */
  mayFallBack: boolean
  onProgress?: Report
  fetch?: {
    engine: (engine: Engine, onProgress: Report) => Promise<unknown>
    broker: (broker: Broker, onProgress: Report) => Promise<unknown>
  }
}

// In order of preference.
const ENGINE_NAMES: [Engine, Engine] = ['mysql', 'mariadb']
const BROKER_NAMES: [Broker, Broker] = ['4.3', '3.10']

/**
 * Decides by DB_ENGINE (mysql, mariadb) and BROKER (4.3, 3.10) what to start, and fetches it. Where falling back is
 * allowed and nothing was asked for by name, a server that cannot be fetched is replaced by the other one; with
 * CI=true never. Throws for a value that is none of these, `ServerNotAvailable` and `UnsupportedPlatform`.
 */
export async function chooseEngines(env: NodeJS.ProcessEnv, options: ChooseOptions): Promise<EngineChoice> {
  const { fetch = { engine: fetchEngine, broker: fetchBroker }, onProgress = () => undefined } = options
  const mayFallBack = options.mayFallBack && env['CI'] !== 'true'
  const [engine, broker] = await Promise.all([
    choose({
      names: ENGINE_NAMES,
      asked: readChoice(env, 'DB_ENGINE', ENGINE_NAMES),
      label: (name) => ENGINES[name].label,
      fetch: (name) => fetch.engine(name, onProgress),
      mayFallBack,
    }),
    choose({
      names: BROKER_NAMES,
      asked: readChoice(env, 'BROKER', BROKER_NAMES),
      label: (name) => BROKERS[name].label,
      fetch: (name) => fetch.broker(name, onProgress),
      mayFallBack,
    }),
  ])
  const fallback = [engine.fallback, broker.fallback].filter((line) => line !== undefined).join('; ')
  return { engine: engine.name, broker: broker.name, ...(fallback ? { fallback } : {}) }
}

/** What was asked for by name; undefined when nothing was. */
function readChoice<Name extends string>(
  env: NodeJS.ProcessEnv,
  variable: string,
  names: Name[],
): Name | undefined {
  const value = env[variable]
  if (value === undefined || value === '') return undefined
  const name = names.find((known) => known === value)
  if (name === undefined) throw new Error(`${variable} must be ${names.join(' or ')}, not "${value}"`)
  return name
}

interface Choosing<Name extends string> {
  names: [Name, Name]
  asked: Name | undefined
  label: (name: Name) => string
  fetch: (name: Name) => Promise<unknown>
  mayFallBack: boolean
}

async function choose<Name extends string>(of: Choosing<Name>): Promise<{ name: Name; fallback?: string }> {
  const [preferred, other] = of.names
  const name = of.asked ?? preferred
  try {
    await of.fetch(name)
    return { name }
  } catch (error) {
    if (of.asked !== undefined || !of.mayFallBack || !(error instanceof ServerNotAvailable)) throw error
    // If the other one cannot be fetched either, the first reason is reported.
    await of.fetch(other).catch(() => {
      throw error
    })
    return { name: other, fallback: `${error.message}: this ran on ${of.label(other)} instead` }
  }
}
