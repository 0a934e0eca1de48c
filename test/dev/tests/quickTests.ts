// Not part of the suite (no `.test.ts`): dev/test.ts is given this file by name.
describe('quick', () => {
  it('passes one', () => {})
  it('passes two', () => {})
})
