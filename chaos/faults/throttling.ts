import { USUAL } from '../stage/operators.ts'
import type { Fault } from './fault.ts'

/** Below what the load needs of normal messages, and above what it needs of express ones. */
const CALLS_PER_SECOND_MAX = 20
/** Over SMPP a call is one part of one message. */
const PARTS_PER_SECOND_MAX = 60
const CALM_MS = 8_000

/** All operators admit fewer calls than there are: express messages must pass all the same. */
export const THROTTLING: Fault = {
  ...{ kind: 'operators: limited calls', group: 'operator', weight: 1, calmMs: CALM_MS, isSample: true },
  inflict: async ({ stage }) => {
    const limitOf = { http: CALLS_PER_SECOND_MAX, smpp: PARTS_PER_SECOND_MAX }
    await Promise.all(
      stage.operators.map(({ admin, protocol }) =>
        admin.behave({ ...USUAL, callsPerSecondMax: limitOf[protocol] }),
      ),
    )
    return async () => void (await Promise.all(stage.operators.map(({ admin }) => admin.behave(USUAL))))
  },
}
