import { readCertificate } from '../platform/http/index.ts'
import type { Certificate, CertificateFiles, Listener } from '../platform/http/index.ts'
import { StartupFault } from '../platform/startupFault.ts'
import type { Logger } from '../platform/telemetry/index.ts'

/** @throws StartupFault that names what is wrong with the files. */
export function loadCertificate(files: CertificateFiles): Certificate {
  try {
    return readCertificate(files)
  } catch (error) {
    throw new StartupFault(`HTTPS_CERT_FILE and HTTPS_KEY_FILE: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Reads the files again. What cannot be used is refused, and the certificate before stays. */
export function renewCertificate(files: CertificateFiles, listener: Listener, logger: Logger): void {
  try {
    const certificate = readCertificate(files)
    listener.renew(certificate)
    logger.info('certificate renewed', { validUntil: certificate.validUntil })
  } catch (error) {
    logger.error('certificate refused; the one before stays in effect', { error })
  }
}
