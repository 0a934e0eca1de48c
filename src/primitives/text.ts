/**
 * @returns why a text cannot be stored and sent as it is, or undefined. Length is counted in Unicode code points, as
 * the database's utf8mb4 does; a lone surrogate has no UTF-8 form and NUL ends texts in some operators' protocols.
 */
export function findTextFault(
  text: string,
  codePointsMin: number,
  codePointsMax: number,
): string | undefined {
  if (text.includes('\0')) return 'must not contain the character NUL'
  if (!text.isWellFormed()) return 'must be well-formed Unicode: it contains half of a surrogate pair'
  const codePoints = countCodePoints(text)
  if (codePoints < codePointsMin) return 'must not be empty'
  if (codePoints > codePointsMax)
    return `must have at most ${formatCount(codePointsMax)} characters, got ${formatCount(codePoints)}`
  return undefined
}

/** Counts without building a copy: a text may be as long as a request's body. */
export function countCodePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) count--
  }
  return count
}

/** @returns the number as a message shows it: 10,000. */
export function formatCount(count: number): string {
  return count.toLocaleString('en')
}

/** With its full stop, unless it ends with a question. */
export function endSentence(words: string): string {
  return words.endsWith('?') ? words : `${words}.`
}
