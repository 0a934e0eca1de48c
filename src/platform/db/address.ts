import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { urlText } from '../config/index.ts'

/** What mysql2 is told of the server. */
export interface DatabaseAddress {
  uri: string
  ssl?: { ca?: Buffer; rejectUnauthorized: true; verifyIdentity: boolean }
}

/** As MySQL's own clients name them. REQUIRED is not among them: it encrypts, and trusts any server. */
const MODES = ['DISABLED', 'VERIFY_CA', 'VERIFY_IDENTITY']

/**
 * The address of a database, with `ssl-mode` and `ssl-ca` as MySQL's clients write them in an address. The certificate is
 * always verified: against `ssl-ca` or the roots that Node brings, and with VERIFY_IDENTITY, the default with `ssl-ca`,
 * for the host's name too.
 * @throws Error that says what is wrong, without the password.
 */
export function readDatabaseAddress(text: string): DatabaseAddress {
  const url = new URL(text)
  const [givenMode, caFile] = ['ssl-mode', 'ssl-ca'].map((name) => url.searchParams.get(name))
  for (const name of ['ssl-mode', 'ssl-ca']) url.searchParams.delete(name)
  const mode = (givenMode ?? (caFile ? 'VERIFY_IDENTITY' : 'DISABLED')).toUpperCase()
  if (!MODES.includes(mode))
    throw new Error(`DATABASE_URL has the ssl-mode ${mode}: it must be one of ${MODES.join(', ')}`)
  const uri = url.toString()
  if (mode === 'DISABLED') return { uri }
  const verifyIdentity = mode === 'VERIFY_IDENTITY'
  // mysql2 would compare the certificate with the name localhost.
  if (verifyIdentity && isIP(url.hostname.replace(/^\[|\]$/g, '')))
    throw new Error('DATABASE_URL names its host by address: VERIFY_IDENTITY needs a name, or use VERIFY_CA')
  return { uri, ssl: { ...readCa(caFile), rejectUnauthorized: true, verifyIdentity } }
}

/** The setting: an address that can be read, and so can the file that it names. */
export function databaseUrlText() {
  return urlText(['mysql'], { needsPath: true }).superRefine((text, check) => {
    if (!URL.canParse(text)) return
    try {
      readDatabaseAddress(text)
    } catch (error) {
      check.addIssue({ code: 'custom', message: (error as Error).message.replace(/^DATABASE_URL /, '') })
    }
  })
}

function readCa(caFile: string | null | undefined): { ca?: Buffer } {
  if (!caFile) return {}
  try {
    return { ca: readFileSync(caFile) }
  } catch (error) {
    throw new Error(`DATABASE_URL names an ssl-ca that cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
