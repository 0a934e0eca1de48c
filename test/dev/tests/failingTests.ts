// Not part of the suite (no `.test.ts`): one test passes, the next one fails with two lines.
describe('failing', () => {
  it('passes', () => {})
  it('fails', () => {
    throw new Error('as it should,\n  in two lines')
  })
})
