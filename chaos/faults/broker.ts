import type { End, Fault, World } from './fault.ts'

/** Below what the broker needs to be alive at all, and the setting it has (dev/servers/settings.ts). */
const NO_MEMORY = '1MB'
const ENOUGH_MEMORY = '1GB'

/** Once in a run is enough: everything that was ready is lost with it. */
export const WIPE: Fault = {
  ...{ kind: 'RabbitMQ disk wiped', group: 'broker', weight: 0, restarts: 'RabbitMQ' },
  inflict: async ({ stage }) => {
    const { broker } = stage.servers
    await broker.kill()
    await broker.wipe()
    return () => broker.start()
  },
}

export const BROKER_FAULTS: readonly Fault[] = [
  {
    ...{ kind: 'RabbitMQ stopped', group: 'broker', weight: 3, restarts: 'RabbitMQ', isSample: true },
    inflict: async ({ stage }) => {
      await stage.servers.broker.stop()
      return () => stage.servers.broker.start()
    },
  },
  {
    ...{ kind: 'RabbitMQ killed', group: 'broker', weight: 3, restarts: 'RabbitMQ' },
    inflict: async ({ stage }) => {
      await stage.servers.broker.kill()
      return () => stage.servers.broker.start()
    },
  },
  { kind: 'memory alarm', group: 'broker', weight: 1, inflict: raiseMemoryAlarm },
  WIPE,
]

async function raiseMemoryAlarm({ stage }: World): Promise<End> {
  const limit = (bytes: string) =>
    stage.servers.managementCtl(['set_vm_memory_high_watermark', 'absolute', bytes])
  await limit(NO_MEMORY)
  return async () => void (await limit(ENOUGH_MEMORY))
}
