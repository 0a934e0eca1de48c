import { z } from 'zod'
import { REFERENCES_MAX } from './record.ts'
import { startSimulator } from './server.ts'
import { CONNECTIONS_MAX } from './submit.ts'

/** The simulator as a process of its own: one JSON line when it is ready, exit 0 on SIGTERM. */
const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  HOST: z.string().min(1).default('127.0.0.1'),
  NAME: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,32}$/)
    .default('simulator'),
  SEED: z.coerce.number().int().min(0).max(0xffff_ffff).default(1),
  CONNECTIONS_MAX: z.coerce.number().int().min(1).max(10_000).default(CONNECTIONS_MAX),
  REFERENCES_MAX: z.coerce.number().int().min(1).max(10_000_000).default(REFERENCES_MAX),
})

const settings = environment.safeParse(process.env)
if (!settings.success) {
  fail(settings.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}
const { NAME: name, SEED: seed, HOST: host, PORT: port, ...limits } = settings.data
const simulator = await startSimulator({
  name,
  seed,
  host,
  port,
  connectionsMax: limits.CONNECTIONS_MAX,
  referencesMax: limits.REFERENCES_MAX,
}).catch((error: Error) => fail(error.message))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close().finally(() => process.exit(0)))
}
console.log(JSON.stringify({ listening: simulator.url, name }))

function fail(why: string): never {
  console.error(`simulator: ${why}`)
  process.exit(1)
}
