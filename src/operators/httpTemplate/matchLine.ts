import type { Piece } from './pieces.ts'

/** What can be taken from a line: its identifier, a code that rules compare, words for people, and what is passed over. */
export const CAPTURES = ['identifier', 'code', 'reason', 'any'] as const

export type Captures = Partial<Record<(typeof CAPTURES)[number], string>>

/**
 * Matches a whole line with a pattern such as `ID: {identifier}`, where a placeholder takes what stands before the next
 * text of the pattern, and at least one character unless it is the reason. Nothing is tried twice, so that no answer
 * can keep the process busy, as it could with regular expressions.
 */
export function matchLine(pattern: Piece[], line: string): Captures | undefined {
  const captures: Captures = {}
  let position = 0
  let open: string | undefined
  for (const [at, piece] of pattern.entries()) {
    if ('name' in piece) {
      open = piece.name
      continue
    }
    const isLast = at === pattern.length - 1
    const found =
      open === undefined
        ? line.startsWith(piece.text, position)
          ? position
          : -1
        : isLast
          ? endOf(line, piece.text, position)
          : line.indexOf(piece.text, position)
    if (found < 0) return undefined
    if (open !== undefined && !capture(captures, open, line.slice(position, found))) return undefined
    position = found + piece.text.length
    open = undefined
  }
  if (open !== undefined) return capture(captures, open, line.slice(position)) ? captures : undefined
  return position === line.length ? captures : undefined
}

function endOf(line: string, text: string, from: number): number {
  return line.endsWith(text) && line.length - text.length >= from ? line.length - text.length : -1
}

function capture(captures: Captures, name: string, text: string): boolean {
  const value = text.trim()
  if (value === '' && name !== 'reason') return false
  captures[name as keyof Captures] = value
  return true
}
