/**
 * Headers of every response for browsers, as alternating names and values: it is not cached, and as a page may load,
 * run and be framed by nothing (frame-ancestors replaces X-Frame-Options). Another site can neither embed it nor
 * receive its address as a referrer.
 */
export const EVERY_ANSWER: readonly string[] = [
  ...['Cache-Control', 'no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Referrer-Policy', 'no-referrer'],
]

/** For the Swagger page, which consists of our own files and may call our own routes. */
export const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
