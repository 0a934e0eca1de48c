import { z } from 'zod'
import { isAddressRange } from '../../primitives/ipRange.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'

/** A whole number in plain digits, both bounds included. */
export function wholeNumberText(min: number, max: number) {
  return z.string().transform((text, check) => {
    const value = parseWholeNumber(text)
    if (value !== undefined && value >= min && value <= max) return value
    check.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}, is "${text}"` })
    return z.NEVER
  })
}

/** A number such as 2 or 1.5, both bounds included. */
export function decimalText(min: number, max: number) {
  return z.string().transform((text, check) => {
    const value = /^[0-9]{1,6}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : NaN
    if (value >= min && value <= max) return value
    check.addIssue({ code: 'custom', message: `must be a number from ${min} to ${max}, is "${text}"` })
    return z.NEVER
  })
}

/** One of a few words, in any case. */
export function oneOf<const W extends string>(words: readonly W[]) {
  return z.string().transform((text, check) => {
    const word = words.find((candidate) => candidate === text.toLowerCase())
    if (word !== undefined) return word
    check.addIssue({ code: 'custom', message: `must be one of ${words.join(', ')}, is "${text}"` })
    return z.NEVER
  })
}

/** Some of a few words, separated by commas, each once. */
export function someOf<const W extends string>(words: readonly W[]) {
  return z.string().transform((text, check) => {
    const given = text.split(',').map((word) => word.trim().toLowerCase())
    const unknown = given.filter((word) => !words.includes(word as W))
    if (unknown.length === 0) return words.filter((word) => given.includes(word))
    check.addIssue({ code: 'custom', message: `must be one or several of ${words.join(', ')}, is "${text}"` })
    return z.NEVER
  })
}

/** An address of one of the schemes. The error does not quote it, because it may contain a password. */
export function urlText(schemes: string[], { needsPath = false } = {}) {
  const shape = `${schemes.join(' or ')}://host:port${needsPath ? '/name' : ''}`
  return z.string().superRefine((text, check) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const fits = url?.hostname && schemes.includes(url.protocol.slice(0, -1))
    if (!url || !fits) check.addIssue({ code: 'custom', message: `must look like ${shape}` })
    else if (needsPath && url.pathname.length < 2) {
      check.addIssue({ code: 'custom', message: `must look like ${shape}: the name is missing` })
    }
  })
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, '': 1_000 }

/** `500ms`, `30s`, `1m`, `24h`, or a plain number of seconds; read as milliseconds, both bounds included. */
export function durationText(maxMs: number, minMs = 0) {
  return z.string().transform((text, check) => {
    const [, digits = '', unit = ''] = /^([0-9]+)\s*(ms|s|m|h)?$/.exec(text) ?? []
    const ms = (parseWholeNumber(digits) ?? NaN) * (UNIT_MS[unit] ?? NaN)
    if (ms >= minMs && ms <= maxMs) return ms
    const atLeast = minMs > 0 ? `at least ${minMs / 1_000} s and ` : ''
    check.addIssue({
      code: 'custom',
      message: `must be a duration such as 500ms, 30s or 1m, ${atLeast}at most ${maxMs / 1_000} s, is "${text}"`,
    })
    return z.NEVER
  })
}

/** A regular expression that a whole value has to match. */
export function patternText() {
  return z.string().transform((text, check) => {
    try {
      return new RegExp(`^(?:${text})$`, 'u')
    } catch (error) {
      check.addIssue({ code: 'custom', message: `must be a regular expression: ${(error as Error).message}` })
      return z.NEVER
    }
  })
}

/** A name that brokers and other tools accept without quoting. */
export function nameText(lengthMax: number) {
  return z.string().regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,${lengthMax - 1}}$`), {
    message: `must be 1 to ${lengthMax} letters, digits, dots, colons, hyphens or underscores`,
  })
}

/** A secret, without the white space around it. The error does not quote it. */
export function secretText(lengthMin: number) {
  return z
    .string()
    .min(lengthMin, { message: `must have at least ${lengthMin} characters` })
    .max(SECRET_LENGTH_MAX, { message: `must have at most ${SECRET_LENGTH_MAX} characters` })
    .regex(/^[!-~]+$/, {
      message: 'must consist of visible ASCII characters, because it is sent in a header',
    })
}

/** As long as the longest key that is read from a request. */
const SECRET_LENGTH_MAX = 200

/** Addresses and ranges of addresses, separated by commas; `none` for no address. */
export function addressRangesText() {
  return z.string().transform((text, check) => {
    if (text.toLowerCase() === 'none') return []
    const ranges = text.split(',').map((range) => range.trim())
    const wrong = ranges.find((range) => !isAddressRange(range))
    if (wrong === undefined) return ranges
    check.addIssue({
      code: 'custom',
      message: `must be addresses or ranges such as 10.0.0.0/8, separated by commas; "${wrong}" is none`,
    })
    return z.NEVER
  })
}

/** The three letters of a currency. */
export function currencyText() {
  return z.string().regex(/^[A-Z]{3}$/, { message: 'must be the three letters of a currency, such as USD' })
}
