const DIGITS =
  '(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 ' +
  'UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)'

/** A derived table of the numbers 0 to `count - 1` in a column `n`: rows by the million without sending them. */
export function numbersBelow(count: number): string {
  const places = Math.max(1, Math.ceil(Math.log10(Math.max(count, 2))))
  const digits = Array.from({ length: places }, (_, place) => `${DIGITS} p${place}`)
  const value = Array.from({ length: places }, (_, place) => `p${place}.d * ${10 ** place}`).join(' + ')
  return `(SELECT ${value} AS n FROM ${digits.join(' CROSS JOIN ')} HAVING n < ${count})`
}

/** SQL for a version 7 identifier of 16 bytes: its time in milliseconds since the epoch, and a number below 2^60. */
export function identifierSql(epochMs: string, number: string): string {
  const hex = (value: string, digits: number) => `LPAD(LOWER(HEX(${value})), ${digits}, '0')`
  return `UNHEX(CONCAT(${hex(epochMs, 12)}, '7000', '8', ${hex(number, 15)}))`
}
