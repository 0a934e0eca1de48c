import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts, isPortFree } from './ports.ts'

/** What a pair of servers keeps from one start to the next, beside its data. */
export interface KeptIdentity {
  databasePort: number
  brokerPort: number
  distributionPort: number
  epmdPort: number
  /** Of every user of both servers, and the cookie of the broker's node. */
  password: string
}

const PASSWORD_BYTES = 18
const PORT_NAMES = ['databasePort', 'brokerPort', 'distributionPort', 'epmdPort'] as const

/** The folder's ports and password, made at its first use. A port that someone else took meanwhile is replaced. */
export async function keepIdentity(dataDir: string): Promise<KeptIdentity> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'identity.json')
  const kept = await read(file)
  const fresh = await freePorts(PORT_NAMES.length)
  const identity = { password: randomBytes(PASSWORD_BYTES).toString('hex'), ...kept } as KeptIdentity
  for (const [index, name] of PORT_NAMES.entries()) {
    const port = kept[name]
    if (port === undefined || !(await isPortFree(port))) identity[name] = fresh[index] ?? 0
  }
  await writeFile(`${file}.new`, JSON.stringify(identity, null, 2) + '\n', { mode: 0o600 })
  await rename(`${file}.new`, file)
  return identity
}

async function read(file: string): Promise<Partial<KeptIdentity>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<KeptIdentity>
  } catch {
    return {}
  }
}
