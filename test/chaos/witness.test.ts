import assert from 'node:assert/strict'
import { witnessesIn } from '../../chaos/proof/witness.ts'
import type { Witness } from '../../chaos/proof/witness.ts'
import type { StagedOperator } from '../../chaos/stage/operators.ts'
import type { Recorded } from '../../simulator/record.ts'
import { smppReference } from '../../simulator/smpp/references.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('the record of an operator that speaks SMPP', () => {
  const TO = ['989120000001', '989120000002']
  const LONG = `[a] ${'long '.repeat(40)}`
  let stack: Stack
  let id: string
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    id = await sendOne(stack.db, { userId: 1, to: TO, text: LONG })
  })
  afterEach(() => stack.drop())

  const lines = (...entries: Partial<Recorded>[]) =>
    async function* () {
      yield* await Promise.resolve(entries as Recorded[])
    }
  const witness = async (
    protocol: 'smpp' | 'http',
    whole: Partial<Recorded>[],
    parts: Partial<Recorded>[],
  ) => {
    const admin = { submissions: lines(...whole), parts: lines(...parts) }
    const [found] = await witnessesIn(stack.db, [{ name: 'c', protocol, admin } as unknown as StagedOperator])
    return found as Witness
  }
  const references = async ({ submissions }: { submissions: () => AsyncIterable<Recorded> }) => {
    const found: string[] = []
    for await (const { reference } of submissions()) found.push(reference)
    return found
  }

  it('is read under our references: number and text name a recipient', async () => {
    const submitted = TO.map((to) => ({ reference: smppReference(to, LONG), taken: 1 }))
    const found = await witness('smpp', submitted, [])
    assert.deepEqual(await references({ submissions: () => found.submissions() }), [`${id}:1`, `${id}:2`])
    assert.equal(found.isByIdentifier, true)
  })

  it('keeps what is none of ours as it is, so that it is found', async () => {
    const strange = smppReference('989120000003', LONG)
    const found = await witness('smpp', [{ reference: strange, taken: 1 }], [])
    assert.deepEqual(await references({ submissions: () => found.submissions() }), [strange])
  })

  it('tells of which messages a part was taken', async () => {
    const parts = TO.map((to, taken) => ({ reference: 'p', to, text: LONG.slice(0, 150), taken }))
    assert.deepEqual([...(await witness('smpp', [], parts)).inParts], [`${id}:2`])
  })

  it('is under our references already where it is of HTTP', async () => {
    const found = await witness('http', [{ reference: `${id}:1`, taken: 1 }], [])
    assert.deepEqual(await references({ submissions: () => found.submissions() }), [`${id}:1`])
  })
})
