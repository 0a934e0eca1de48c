/** How Node says that it does not trust a server's certificate. */
const CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** mysql2 has this code for everything that ends a handshake, a lost connection too. */
const OF_MYSQL2 = 'HANDSHAKE_SSL_ERROR'
const ABOUT_CERTIFICATES = /certificate|altnames/i

/** A server that was to speak TLS does not. */
const WITHOUT_TLS = 'HANDSHAKE_NO_SSL_SUPPORT'

/** How a server says that it does not trust ours, or that it wants one. */
const REFUSED_CLIENT =
  /^ERR_SSL_(SSLV3|TLSV1|TLSV13)_ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)$/

/**
 * Which side does not trust the other, and why, as a predicate of the server; undefined for every other error. A start
 * fails with it, because it needs a correction, while a server that loses its certificate later is waited for.
 */
export function explainUntrusted(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, message, reason } = each as { code?: string; message: string; reason?: string }
    if (code === WITHOUT_TLS) return 'is not trusted: the server does not offer TLS'
    if (REFUSED_CLIENT.test(code ?? '')) return `does not accept the client certificate (${reason})`
    const isUntrusted = CODES.has(code ?? '') || (code === OF_MYSQL2 && ABOUT_CERTIFICATES.test(message))
    if (isUntrusted) return `is not trusted: its certificate is not accepted (${message})`
  }
  return undefined
}
