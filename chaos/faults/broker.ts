import type { End, Hit, World } from './hit.ts'

/** Below what the broker needs to be alive at all, and the setting it has (dev/servers/settings.ts). */
const NO_MEMORY = '1MB'
const ENOUGH_MEMORY = '1GB'

export async function inflictOnBroker({ stage }: World, { kind }: Hit): Promise<End> {
  const { servers } = stage
  const { broker } = servers
  if (kind === 'memory alarm') {
    const limit = (bytes: string) =>
      servers.managementCtl(['set_vm_memory_high_watermark', 'absolute', bytes])
    await limit(NO_MEMORY)
    return async () => void (await limit(ENOUGH_MEMORY))
  }
  if (kind === 'RabbitMQ stopped') await broker.stop()
  else await broker.kill()
  if (kind === 'RabbitMQ disk wiped') await broker.wipe()
  return () => broker.start()
}
