import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface CertificateFiles {
  certFile: string
  keyFile: string
}

export interface Authority {
  folder: string
  caFile: string
  /** A server's certificate for these names, `DNS:localhost` or `IP:127.0.0.1`; written over the one of that name. */
  issue(name: string, subjects: string[]): CertificateFiles
  /** The same for a client, with its name as the common name. */
  issueClient(name: string): CertificateFiles
}

const DAYS = '2'
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate authority of a test, in a folder that is the test's to remove. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'chapar-authority-'))
  const inFolder = (name: string) => join(folder, name)
  const caFile = inFolder('ca.pem')
  const caKeyFile = inFolder('ca-key.pem')
  const isCa = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-days',
    DAYS,
    '-subj',
    '/CN=test authority',
    ...isCa,
    '-keyout',
    caKeyFile,
    '-out',
    caFile,
  )
  return {
    folder,
    caFile,
    issue: (name, subjects) =>
      issue(name, `subjectAltName=${subjects.join(',')}\nextendedKeyUsage=serverAuth\n`),
    issueClient: (name) => issue(name, 'extendedKeyUsage=clientAuth\n'),
  }

  function issue(name: string, extension: string): CertificateFiles {
    const [certFile, keyFile, requestFile, extensions] = ['cert.pem', 'key.pem', 'request', 'ext'].map(
      (end) => inFolder(`${name}-${end}`),
    ) as [string, string, string, string]
    writeFileSync(extensions, extension)
    openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', requestFile)
    const by = ['-CA', caFile, '-CAkey', caKeyFile, '-CAcreateserial', '-extfile', extensions]
    openssl('x509', '-req', '-days', DAYS, '-in', requestFile, ...by, '-out', certFile)
    return { certFile, keyFile }
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}
