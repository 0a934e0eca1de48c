import type { Verdict } from './judge.ts'
import type { Mutation } from './readMutations.ts'

/** Lines of the table that is printed as it comes into being. */
export interface Table {
  head(): string
  row(mutation: Mutation, verdict: Verdict, seconds: number): string
}

const HEAD = { name: 'guard broken', invariants: 'invariant', seconds: 'seconds', by: 'caught by' }
const GAP = '  '

export function openTable(mutations: Mutation[]): Table {
  const nameWidth = Math.max(HEAD.name.length, ...mutations.map(({ name }) => name.length))
  const columns = (name: string, invariants: string, seconds: string) =>
    [
      name.padEnd(nameWidth),
      invariants.padEnd(HEAD.invariants.length),
      seconds.padStart(HEAD.seconds.length),
    ].join(GAP)
  const indent = ' '.repeat(columns('', '', '').length)
  return {
    head: () => columns(HEAD.name, HEAD.invariants, HEAD.seconds) + GAP + HEAD.by,
    row({ name, invariants }, verdict, seconds) {
      const [first = '', ...others] = describeVerdict(verdict)
      const lines = [columns(name, invariants.join(', '), seconds.toFixed(0)) + GAP + first]
      return [...lines, ...others.map((line) => indent + GAP + line)].join('\n')
    },
  }
}

function describeVerdict(verdict: Verdict): string[] {
  switch (verdict.kind) {
    case 'caught':
      return verdict.by
    case 'survived':
      return [`SURVIVED: all tests of ${verdict.files.join(' and ')} pass`]
    case 'unusable':
      return `UNUSABLE: ${verdict.why}`.split('\n')
  }
}
