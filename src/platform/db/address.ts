import { isIP } from 'node:net'
import { urlText } from '../config/index.ts'
import { takeTlsFiles } from '../tlsFiles.ts'
import type { TlsFiles } from '../tlsFiles.ts'

/** What mysql2 is told of the server. */
export interface DatabaseAddress {
  uri: string
  ssl?: TlsFiles & { rejectUnauthorized: true; verifyIdentity: boolean }
}

/** As MySQL's own clients name them. REQUIRED is not among them: it encrypts, and trusts any server. */
const MODES = ['DISABLED', 'VERIFY_CA', 'VERIFY_IDENTITY']
const PARAMETERS = { ca: 'ssl-ca', cert: 'ssl-cert', key: 'ssl-key' }

/**
 * The address of a database, with `ssl-mode`, `ssl-ca`, `ssl-cert` (the client's own) and `ssl-key` as MySQL's clients
 * name them. The certificate is always verified: against `ssl-ca` or the roots that Node brings, and with
 * VERIFY_IDENTITY, the default with any of the files, for the host's name too.
 * @throws Error that says what is wrong, without the password.
 */
export function readDatabaseAddress(text: string): DatabaseAddress {
  const url = new URL(text)
  const given = Object.values(PARAMETERS).find((name) => url.searchParams.has(name))
  const files = takeTlsFiles(url, 'DATABASE_URL', PARAMETERS)
  const mode = (url.searchParams.get('ssl-mode') ?? (given ? 'VERIFY_IDENTITY' : 'DISABLED')).toUpperCase()
  url.searchParams.delete('ssl-mode')
  if (!MODES.includes(mode))
    throw new Error(`DATABASE_URL has the ssl-mode ${mode}: it must be one of ${MODES.join(', ')}`)
  const uri = url.toString()
  if (mode === 'DISABLED') {
    if (given) throw new Error(`DATABASE_URL has an ${given}, and the ssl-mode DISABLED does not encrypt`)
    return { uri }
  }
  const verifyIdentity = mode === 'VERIFY_IDENTITY'
  // mysql2 would compare the certificate with the name localhost.
  if (verifyIdentity && isIP(url.hostname.replace(/^\[|\]$/g, '')))
    throw new Error('DATABASE_URL names its host by address: VERIFY_IDENTITY needs a name, or use VERIFY_CA')
  return { uri, ssl: { ...files, rejectUnauthorized: true, verifyIdentity } }
}

/** The setting: an address that can be read, and so can the files that it names. */
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
