import assert from 'node:assert/strict'
import { FAILURE_CODES } from '../../src/messages/explainFailure.ts'
import { renderOpenApi } from '../../src/roles/swag.ts'
import { codesInSources } from '../support/codesInSources.ts'
import { cataloguedCodes, cataloguedFailures, OF_THE_OPERATIONS_PAGE } from '../support/errorCatalogue.ts'

interface Answers {
  responses: Record<string, { content?: Record<string, { examples?: Record<string, unknown> }> }>
}

/** Neither belongs to a route. */
const OF_NO_ROUTE: [string, number][] = [
  ['not_found', 404],
  ['method_not_allowed', 405],
]

describe('the catalogue of errors', () => {
  const catalogue = cataloguedCodes()

  it('has each code of the OpenAPI document, with the statuses that it has there, in alphabetical order', () => {
    assert.deepEqual(
      catalogue.map(({ code, statuses }) => [code, statuses.join()]),
      [...documentedStatuses()].map(([code, statuses]) => [code, [...statuses].join()]).sort(),
    )
  })

  it('has each code that the sources can refuse a request with', () => {
    const codes = catalogue.map(({ code }) => code)
    const inSources = codesInSources()
    assert.ok(inSources.length > 15)
    assert.deepEqual(
      inSources.filter((code) => !codes.includes(code)),
      [],
    )
  })

  it('says of each what it means, whether anything changed, and whether to repeat', () => {
    for (const { code, meaning, changed, repeat } of catalogue) {
      assert.match(meaning, /\S+ \S+/, code)
      assert.match(changed, /^(?:no|unknown)$/, code)
      assert.match(repeat, /^\S/, code)
    }
  })

  it('explains each reason for which a recipient fails', () => {
    assert.deepEqual(cataloguedFailures(), [...FAILURE_CODES].sort())
  })
})

function documentedStatuses(): Map<string, Set<number>> {
  const { paths } = JSON.parse(renderOpenApi()) as { paths: Record<string, Record<string, Answers>> }
  const found = new Map(
    [...OF_NO_ROUTE, ...OF_THE_OPERATIONS_PAGE].map(([code, status]) => [code, new Set([status])]),
  )
  for (const { responses } of Object.values(paths).flatMap((path) => Object.values(path)))
    for (const [status, { content }] of Object.entries(responses))
      for (const code of Object.keys(content?.['application/problem+json']?.examples ?? {}))
        found.set(code, (found.get(code) ?? new Set()).add(Number(status)))
  return found
}
