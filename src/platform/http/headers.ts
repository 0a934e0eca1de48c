/**
 * What every answer says to browsers, names and values by turns. Balances and histories are never the same for long
 * and are nobody's to keep. An answer opened as a page may load, run and be framed by nothing, whatever it contains;
 * frame-ancestors says what X-Frame-Options said. Another site may neither embed it nor learn from a link where one was.
 */
export const EVERY_ANSWER: readonly string[] = [
  ...['Cache-Control', 'no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
  ...['Referrer-Policy', 'no-referrer'],
]

/** For the page to read and try the API: it is made of our own files alone, and may call our own routes. */
export const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
