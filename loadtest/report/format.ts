const MIB = 1024 * 1024

/** 1234.5 as `1,235`; small numbers keep what distinguishes them. */
export function count(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 0 })
}

/** Three digits that count, never more than two behind the point. */
export function figure(value: number): string {
  const magnitude = Math.abs(value)
  const digits = magnitude >= 100 || Number.isInteger(value) ? 0 : magnitude >= 10 ? 1 : 2
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits })
}

export function milliseconds(valueMs: number): string {
  return valueMs >= 10_000 ? `${figure(valueMs / 1_000)} s` : `${figure(valueMs)} ms`
}

export function mebibytes(bytes: number): string {
  return `${count(bytes / MIB)} MiB`
}

export function gibibytes(bytes: number): string {
  return `${figure(bytes / MIB / 1024)} GiB`
}

export function seconds(valueMs: number): string {
  return `${figure(valueMs / 1_000)} s`
}
