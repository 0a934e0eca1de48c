/** A reason is stored with the message and shown to people; an operator may not fill the table with it. */
const REASON_LENGTH_MAX = 200

/** What happened, with the operator's words in a form that every column and log takes: short, well-formed, one line. */
export function describe(what: string, words: unknown): string {
  const text = typeof words === 'number' ? String(words) : words
  if (typeof text !== 'string' || text === '') return what
  const line = text.slice(0, REASON_LENGTH_MAX).replace(/\p{Cc}+/gu, ' ')
  return `${what}: ${line.toWellFormed()}`
}
