import assert from 'node:assert/strict'
import { formOf } from '../../../loadtest/bench/form.ts'
import { readOptions } from '../../../loadtest/bench/options.ts'
import { planSteps } from '../../../loadtest/bench/plan.ts'
import { createProgress } from '../../../loadtest/bench/progress.ts'

describe('what the benchmark is told', () => {
  it('is by default the short form of everything', () => {
    const options = readOptions([], {})
    assert.equal(options.form, 'short')
    assert.equal(options.isStrict, false)
    assert.equal(planSteps(formOf('short', undefined), options).length, 23)
  })

  it('takes less than 45 minutes in its whole form, with two rates lowered three times each', () => {
    const form = formOf('whole', undefined)
    const steps = planSteps(form, readOptions([], { FORM: 'whole' }))
    const planned = steps.reduce((sum, { seconds }) => sum + seconds, 0)
    const lowered = (2 * 3 * (form.run.warmUpMs + form.run.durationMs)) / 1_000
    assert.ok((planned + lowered) / 60 < 45, `${((planned + lowered) / 60).toFixed(1)} minutes`)
  })

  it('compares another commit by S1 and S2 only', () => {
    const options = readOptions(['--only', 's1'], { AGAINST: '1d6786e' })
    assert.deepEqual([options.against, options.only], ['1d6786e', ['s1']])
    assert.equal(options.command, "make bench FORM=short AGAINST=1d6786e ARGS='--only s1'")
    assert.equal(readOptions([], { AGAINST: '' }).against, undefined)
    assert.throws(() => readOptions(['--only', 's1,s4'], { AGAINST: 'a' }), /s1 and s2, not s4/)
  })

  it('comes from make as variables, and from the command line', () => {
    assert.deepEqual(
      ['whole', 'STRICT'].map((what) => {
        const options = readOptions([], { FORM: 'whole', STRICT: '1' })
        return what === 'whole' ? options.form : options.isStrict
      }),
      ['whole', true],
    )
    const typed = ['--only', 's1,S3', '--rate', '1000', '--seconds', '15', '--env', 'A=b=c', '--env', 'D=']
    const { only, rate, seconds, env } = readOptions(typed, {})
    assert.deepEqual(
      { only, rate, seconds, env },
      {
        ...{ only: ['s1', 's3'], rate: 1_000, seconds: 15 },
        env: { A: 'b=c', D: '' },
      },
    )
  })

  it('is refused in words when it is wrong', () => {
    assert.throws(() => readOptions([], { FORM: 'long' }), /FORM must be short or whole/)
    assert.throws(() => readOptions(['--only', 's9'], {}), /--only knows/)
    assert.throws(() => readOptions(['--rate', '0'], {}), /--rate must be a number above 0/)
    assert.throws(() => readOptions(['--env', 'A'], {}), /--env must be KEY=VALUE/)
  })

  it('says which steps are run, and in their own order', () => {
    const options = readOptions(['--only', 's5,s1'], {})
    const names = planSteps(formOf('whole', undefined), options).map(({ name }) => name)
    assert.deepEqual(names, ['s1', 's5'])
  })
})

describe('the progress of the benchmark', () => {
  it('tells the time that is gone and what is left of this step and those after it', () => {
    let nowMs = 0
    const lines: string[] = []
    const steps = [
      { name: 's1', seconds: 60 },
      { name: 's2', seconds: 30 },
    ]
    const progress = createProgress(
      steps,
      (line) => lines.push(line),
      () => nowMs,
    )
    progress.begin('s1')
    nowMs = 20_000
    progress.say('a')
    nowMs = 90_000
    progress.say('late')
    progress.begin('s2')
    nowMs = 100_000
    progress.say('b')
    assert.deepEqual(
      lines.map((line) => line.replace(/ +/g, ' ')),
      ['[0:20, left 1:10] s1 a', '[1:30, left 0:30] s1 late', '[1:40, left 0:20] s2 b'],
    )
  })
})
