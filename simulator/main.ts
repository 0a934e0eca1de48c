import { z } from 'zod'
import { answerHelp } from '../src/platform/answerHelp.ts'
import { behaviourOfRates, mockRateSettings } from './mockRates.ts'
import { REFERENCES_MAX } from './record.ts'
import { startSimulator } from './server.ts'
import { CONNECTIONS_MAX } from './submit.ts'

answerHelp(`usage: npm run simulator
Starts a simulated operator. PORT, NAME, SEED, SMPP_PORT, MOCK_SUCCESS_RATE and others are environment variables, which
docs/simulator.md lists. SIGTERM ends it.`)

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
  RECEIPTS_URL: z.url({ protocol: /^https?$/ }).optional(),
  RECEIPTS_SECRET: z.string().min(1).default('none'),
  REFERENCES_MAX: z.coerce.number().int().min(1).max(10_000_000).default(REFERENCES_MAX),
  /** Unset or empty: no SMPP. */
  SMPP_PORT: z.preprocess(
    (text) => (text === '' ? undefined : text),
    z.coerce.number().int().min(0).max(65_535).optional(),
  ),
  SMPP_SYSTEM_ID: z
    .string()
    .regex(/^[ -~]{1,15}$/)
    .default('chapar'),
  SMPP_PASSWORD: z
    .string()
    .regex(/^[ -~]{0,64}$/)
    .default(''),
  ...mockRateSettings,
})

const settings = environment.safeParse(process.env)
if (!settings.success) {
  fail(settings.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}
const { NAME: name, SEED: seed, HOST: host, PORT: port, ...limits } = settings.data
const { SMPP_PORT: smppPort, SMPP_SYSTEM_ID: systemId, SMPP_PASSWORD: password } = settings.data
const { RECEIPTS_URL: receiptsUrl, RECEIPTS_SECRET: secret } = settings.data
const behaviour = behaviourOfRates(settings.data)
if ('fault' in behaviour) fail(behaviour.fault)
const simulator = await startSimulator({
  name,
  seed,
  host,
  port,
  connectionsMax: limits.CONNECTIONS_MAX,
  referencesMax: limits.REFERENCES_MAX,
  smpp: smppPort === undefined ? undefined : { port: smppPort, credentials: { systemId, password } },
  behaviour,
  receipts: receiptsUrl === undefined ? undefined : { url: receiptsUrl, secret },
}).catch((error: Error) => fail(error.message))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close().finally(() => process.exit(0)))
}
const { url, smppUrl } = simulator
console.log(JSON.stringify({ listening: url, name, ...(smppUrl && { smpp: smppUrl }) }))

function fail(why: string): never {
  console.error(`simulator: ${why}`)
  process.exit(1)
}
