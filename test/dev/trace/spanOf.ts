import type { StoredSpan } from '../../../dev/trace/spanStore.ts'

/** A span of which a test names what matters to it. */
export function spanOf(span: Partial<StoredSpan> & { messageId?: string }): StoredSpan {
  const { messageId, ...given } = span
  return {
    ...{ traceId: 't1', spanId: 's1', parentSpanId: undefined, name: 'step', startMs: 0, endMs: 1 },
    ...{ isError: false, links: [], service: 'chapar 1' },
    ...given,
    attributes: {
      ...given.attributes,
      ...(messageId === undefined ? {} : { 'chapar.message_id': messageId }),
    },
  }
}
