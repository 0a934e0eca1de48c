import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { simulatorAdmin } from '../../simulator/client.ts'
import type { SimulatorAdmin } from '../../simulator/client.ts'

const MAIN = fileURLToPath(new URL('../../simulator/main.ts', import.meta.url))

export interface SimulatorProcess {
  url: string
  /** If it speaks SMPP. */
  smppUrl: string
  port: number
  name: string
  admin: SimulatorAdmin
  /** Sends SIGTERM (again and again is harmless) and resolves with the exit code. */
  stop(): Promise<number | null>
}

/** A real simulator as a process of its own, ready when the promise resolves. `env` is its settings. */
export async function spawnSimulator(env: Record<string, string> = {}): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  // Should the tests end without stop(), nothing is left behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const lines = createInterface({ input: child.stdout })
  const [line] = (await Promise.race([once(lines, 'line'), exited.then(() => [undefined])])) as [
    string | undefined,
  ]
  if (line === undefined) throw new Error(`the simulator did not start: ${complaint}`)
  const ready = JSON.parse(line) as { listening: string; name: string; smpp?: string }
  const { listening: url, name, smpp: smppUrl = '' } = ready
  return {
    url,
    smppUrl,
    port: Number(new URL(url).port),
    name,
    admin: simulatorAdmin(url),
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = await exited
      return code
    },
  }
}
