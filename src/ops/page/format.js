/** Numbers and times as people read them. */
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const TENTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** @param {number} value */
export function count(value) {
  return WHOLE.format(value)
}

/** @param {number} perSecond */
export function rate(perSecond) {
  return perSecond < 100 ? TENTHS.format(perSecond) : WHOLE.format(perSecond)
}

/** @param {number | null} ms */
export function milliseconds(ms) {
  if (ms === null) return '–'
  return ms < 1_000 ? `${WHOLE.format(ms)} ms` : seconds(ms / 1_000)
}

/** @param {number | null} value */
export function seconds(value) {
  if (value === null) return '–'
  if (value < 10) return `${TENTHS.format(value)} s`
  if (value < 120) return `${WHOLE.format(value)} s`
  if (value < 7_200) return `${WHOLE.format(value / 60)} min`
  return value < 172_800 ? `${WHOLE.format(value / 3_600)} h` : `${WHOLE.format(value / 86_400)} d`
}

/** @param {string | number | null} time */
export function clock(time) {
  return time === null ? '–' : CLOCK.format(new Date(time))
}

/** @param {string | number | null} time */
export function moment(time) {
  return time === null ? '–' : MOMENT.format(new Date(time))
}

/** @param {number} amount in the currency's smallest unit @param {string} currency its ISO 4217 code */
export function money(amount, currency) {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0))
  } catch {
    return `${count(amount)} ${currency}`
  }
}

/** @param {number} number @param {string} one @param {string} many */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`
}
