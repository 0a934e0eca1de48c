import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'

let pair: Promise<[SimulatorProcess, SimulatorProcess]> | undefined

/** The two simulated operators of the suite, as the test left them. */
export function sharedSimulators(): Promise<[SimulatorProcess, SimulatorProcess]> {
  pair ??= Promise.all([
    spawnSimulator({ PORT: '0', NAME: 'operator-a', SEED: '1' }),
    spawnSimulator({ PORT: '0', NAME: 'operator-b', SEED: '2' }),
  ])
  return pair
}

/** The same in good behaviour and with an empty record. */
export async function freshSimulators(): Promise<[SimulatorProcess, SimulatorProcess]> {
  const [a, b] = await sharedSimulators()
  for (const { admin } of [a, b]) {
    await admin.behave({})
    await admin.forget()
  }
  return [a, b]
}

export async function stopSimulators(): Promise<void> {
  const simulators = await pair
  await Promise.all(simulators?.map((simulator) => simulator.stop()) ?? [])
  pair = undefined
}
