import type { AnswerConfig, Meaning, Rule } from './config.ts'
import { matchLine } from './matchLine.ts'
import { piecesOf } from './pieces.ts'
import type { Piece } from './pieces.ts'
import { readDocument, valueAt, wordAt } from './readDocument.ts'

/** What an answer's body says of the message. */
export interface Decision {
  meaning: Meaning
  /** As the answer has it; undefined if it has none. */
  identifier: string | undefined
  reason: string | undefined
  /** Of a message that was answered by one item a part, which all mean the same. */
  partIdentifiers?: (string | undefined)[]
}

/** Reads the body of an answer; undefined when no rule decides it, so that nothing is known. */
export type Decide = (body: string) => Decision | undefined

/** Parts of one message; the column of their numbers takes no more. */
const PARTS_MAX = 255

/**
 * Compiles the rules once.
 * @param namesParts whether the identifiers of parts are kept, because receipts come for each.
 */
export function compileAnswer(answer: AnswerConfig, { namesParts }: { namesParts: boolean }): Decide {
  const decideItem = answer.format === 'json' ? compileJson(answer) : compileText(answer)
  const itemsOf = answer.format === 'json' ? jsonItems(answer.items) : textItems
  return (body) => {
    const { items, isWhole } = itemsOf(body)
    const decision = combine(items.map(decideItem), namesParts)
    // Where the list of items is missing, the document may say why nothing was taken, but not that something was.
    return decision?.meaning === 'accepted' && isWhole ? undefined : decision
  }
}

interface Items {
  items: unknown[]
  /** The document in place of its items, which are not where they should be. */
  isWhole: boolean
}

function jsonItems(pointer: string | undefined): (body: string) => Items {
  return (body) => {
    const document = readDocument(body)
    if (document === undefined) return { items: [], isWhole: false }
    if (pointer === undefined) return { items: [document], isWhole: false }
    const items = valueAt(document, pointer)
    return Array.isArray(items) ? { items, isWhole: false } : { items: [document], isWhole: true }
  }
}

function textItems(body: string): Items {
  const lines = body.split('\n').map((line) => line.trim())
  return { items: lines.filter((line) => line !== ''), isWhole: false }
}

/**
 * One message can be answered by several items, one a part, which are one result if they agree. If some were accepted
 * and others not, or one says nothing, a part may be on its way: nothing is known of the message as a whole.
 */
function combine(decisions: (Decision | undefined)[], namesParts: boolean): Decision | undefined {
  const [first] = decisions
  if (!first) return undefined
  if (decisions.every((each) => each?.meaning === first.meaning))
    return namesParts && decisions.length > 1 && decisions.length <= PARTS_MAX
      ? { ...first, partIdentifiers: decisions.map((each) => each?.identifier) }
      : first
  const isTakenInPart = decisions.some((each) => !each || ['accepted', 'unknown'].includes(each.meaning))
  if (isTakenInPart)
    return { meaning: 'unknown', identifier: undefined, reason: 'the parts of the message differ' }
  // Nothing was taken, so the message goes elsewhere or waits, unless one of its parts can never be sent.
  return decisions.find((each) => each?.meaning === 'rejected') ?? first
}

type DecideItem = (item: unknown) => Decision | undefined

function compileJson({ rules, identifier, reason }: Extract<AnswerConfig, { format: 'json' }>): DecideItem {
  const compiled = rules.map((rule) => ({ at: rule.at, meaningOf: compileRule(rule) }))
  return (item) => {
    for (const { at, meaningOf } of compiled) {
      const meaning = meaningOf(wordAt(item, at))
      if (!meaning) continue
      return {
        meaning,
        identifier: identifier === undefined ? undefined : wordAt(item, identifier),
        reason: reason === undefined ? undefined : wordAt(item, reason),
      }
    }
    return undefined
  }
}

function compileText({ rules }: Extract<AnswerConfig, { format: 'text' }>): DecideItem {
  const compiled = rules.map((rule) => ({
    pattern: piecesOf(rule.line).map(withoutOuterSpaces),
    meaningOf: compileRule(rule),
  }))
  return (line) => {
    for (const { pattern, meaningOf } of compiled) {
      const captures = matchLine(pattern, String(line))
      if (!captures) continue
      const meaning = meaningOf(captures.code ?? (hasCode(pattern) ? undefined : ''))
      if (meaning)
        return { meaning, identifier: captures.identifier, reason: captures.reason ?? String(line) }
    }
    return undefined
  }
}

/** What is taken from a line is trimmed, so `ERROR: {code}` reads `ERROR:14` as well. */
function withoutOuterSpaces(piece: Piece): Piece {
  return 'text' in piece ? { text: piece.text.trim() || piece.text } : piece
}

function hasCode(pattern: Piece[]): boolean {
  return pattern.some((piece) => 'name' in piece && piece.name === 'code')
}

/** What a rule makes of a value, in any case. Undefined: it says nothing of it. */
function compileRule(rule: Rule): (word: string | undefined) => Meaning | undefined {
  const meanings = new Map<string, Meaning>()
  for (const [meaning, words] of Object.entries(rule.means))
    for (const word of words) meanings.set(word.toLowerCase(), meaning as Meaning)
  return (word) => (word === undefined ? undefined : (meanings.get(word.toLowerCase()) ?? rule.any))
}
