import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

export interface CertificateFiles {
  certFile: string
  keyFile: string
}

/** What a server shows, in PEM, and the time after which clients refuse it. */
export interface Certificate {
  cert: Buffer
  key: Buffer
  validUntil: string
}

/** @throws Error in one line: a file that cannot be read, or a key that is not the certificate's. */
export function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  const cert = readFileSync(certFile)
  const key = readFileSync(keyFile)
  try {
    createSecureContext({ cert, key })
    return { cert, key, validUntil: new Date(new X509Certificate(cert).validTo).toISOString() }
  } catch (error) {
    const { message } = error as Error
    throw new Error(`${certFile} and ${keyFile} are no certificate with its key: ${message}`, {
      cause: error,
    })
  }
}
