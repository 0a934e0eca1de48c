/** A piece of a compiled template: text as it stands, or a placeholder to be replaced. */
export type Piece = { text: string } | { name: string }

/**
 * Reads a template: `{name}` is a placeholder, `{{` and `}}` are braces. Linear in its length.
 * @returns its pieces, or what is wrong with it.
 */
export function readPieces(template: string): { pieces: Piece[] } | { fault: string } {
  const pieces: Piece[] = []
  let text = ''
  let position = 0
  while (position < template.length) {
    const character = template[position] ?? ''
    const isDoubled = template[position + 1] === character
    if ((character === '{' || character === '}') && isDoubled) {
      text += character
      position += 2
    } else if (character === '{') {
      const end = template.indexOf('}', position)
      if (end < 0) return { fault: 'has a { without its }; write {{ for a brace' }
      if (text !== '') pieces.push({ text })
      text = ''
      pieces.push({ name: template.slice(position + 1, end) })
      position = end + 1
    } else if (character === '}') {
      return { fault: 'has a } without its {; write }} for a brace' }
    } else {
      text += character
      position++
    }
  }
  if (text !== '') pieces.push({ text })
  return { pieces }
}

/** The pieces of a template that was checked when the configuration was read. */
export function piecesOf(template: string): Piece[] {
  const read = readPieces(template)
  if ('fault' in read) throw new TypeError(`a template ${read.fault}`)
  return read.pieces
}

/** The names of a template's placeholders; none if it cannot be read. */
export function placeholdersIn(template: string): string[] {
  const read = readPieces(template)
  return 'fault' in read ? [] : read.pieces.flatMap((piece) => ('name' in piece ? [piece.name] : []))
}
