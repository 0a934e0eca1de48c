import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** What is read for a connection by TLS. */
export interface TlsFiles {
  /** The authorities of the server's certificate; without it, the ones that Node brings. */
  ca?: Buffer
  /** The client's own certificate, and its key. */
  cert?: Buffer
  key?: Buffer
}

/** The parameters of an address that name files, as the server's own clients spell them. */
export type TlsParameters = Record<keyof TlsFiles, string>

/**
 * Takes the parameters that name files out of a server's address, and reads the files.
 * @throws Error that begins with the setting and says what is wrong, without the address.
 */
export function takeTlsFiles(url: URL, setting: string, parameters: TlsParameters): TlsFiles {
  const files: TlsFiles = {}
  for (const [kind, parameter] of Object.entries(parameters) as [keyof TlsFiles, string][]) {
    const file = url.searchParams.get(parameter)
    url.searchParams.delete(parameter)
    if (file === null) continue
    try {
      files[kind] = readFileSync(file)
    } catch (error) {
      const { message } = error as Error
      throw new Error(`${setting} names a file for ${parameter} that cannot be read: ${message}`, {
        cause: error,
      })
    }
  }
  if (!files.cert !== !files.key)
    throw new Error(`${setting} needs both or none of ${parameters.cert} and ${parameters.key}`)
  try {
    createSecureContext(files)
  } catch (error) {
    const { message } = error as Error
    throw new Error(`${setting} names certificates that cannot be used: ${message}`, { cause: error })
  }
  return files
}
