// What clients may send as traceparent.
export const TRACE = '0af7651916cd43dd8448eb211c80319c'
export const FIELDS = `${TRACE}-b7ad6b7169203331-01`
export const READABLE = [`00-${FIELDS}`, `cc-${FIELDS}-later`, `cc-${FIELDS}`, `01-${FIELDS}`]
export const MALFORMED = [
  `ff-${FIELDS}`,
  `00-${FIELDS}-later`,
  `cc-${FIELDS}later`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`,
  `00-${TRACE}-b7ad6b7169203331`,
  `0-${FIELDS}`,
  FIELDS,
  '',
]
