import { z } from 'zod'
import { idleTimeoutText, operatorUrlText, receiptsSecretText } from '../../operators/index.ts'
import { wholeNumberText } from '../../platform/config/index.ts'
import type { Settings } from '../../platform/config/index.ts'

/** Who messages are handed over to, and how. */
export const OPERATOR_SETTINGS = {
  OPERATORS_FILE: {
    schema: z.string(),
    meaning:
      'A YAML file with operators and routes, instead of `OPERATOR_A_URL` and `OPERATOR_B_URL` (docs/operators.md). SIGHUP ' +
      'then reads it again, and ends no process.',
  },
  OPERATOR_A_URL: {
    schema: operatorUrlText(),
    meaning: 'Operator A, asked first. Required with the role `consumer` unless `OPERATORS_FILE` is set.',
  },
  OPERATOR_B_URL: {
    schema: operatorUrlText(),
    meaning: 'Operator B, asked when A does not take a message.',
  },
  RECEIPTS_SECRET: {
    schema: receiptsSecretText(),
    meaning:
      'With it operators A and B, and the one of test keys, send receipts to `POST /operators/NAME/receipts`, as ' +
      '`Authorization: Bearer`, at least 16 characters. `OPERATORS_FILE` has a secret for each. Both roles need it: `api` takes ' +
      'receipts, `consumer` applies them.',
  },
  OPERATOR_IDLE_TIMEOUT: {
    schema: idleTimeoutText(),
    default: '1s',
    meaning:
      'How long an idle connection to operator A or B is kept. Set it below what the operator keeps: a connection that ' +
      'the operator closes while a call leaves makes the result unknown.',
  },
  OPERATOR_CONCURRENCY: {
    schema: wholeNumberText(1, 1_000),
    default: '16',
    meaning: 'Operator calls at once, for each of the two classes.',
  },
  OPERATOR_BATCH_MAX: {
    schema: wholeNumberText(1, 100),
    default: '100',
    meaning: 'Messages of one operator call; 1 for an operator that takes them one by one.',
  },
} satisfies Settings
