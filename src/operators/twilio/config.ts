import { z } from 'zod'
import { connectionMembers, secretMember } from '../http/config.ts'
import type { ConnectionOptions } from '../http/config.ts'
import type { ReceiptOptions } from '../contract.ts'
import { receiptFields, RECEIPTS_DEFAULT } from '../receiptOptions.ts'
import { TWILIO_CAUSES } from './receipts.ts'

const URL_LENGTH_MAX = 1_000

/** What an operator of the protocol `twilio` is configured with. */
export interface TwilioOptions extends ConnectionOptions {
  accountSid: string
  /** Signs Twilio's callbacks, and logs in unless an API key does. */
  authToken: string
  apiKey: { sid: string; secret: string } | null
  /** Chooses the sender of messages that have none. */
  messagingServiceSid: string | null
  /** Where Twilio reports deliveries, byte for byte as Twilio calls it. Null: it reports none. */
  statusCallback: string | null
  /** Null without an address for them. */
  receipts: ReceiptOptions | null
}

function sid(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`)
}

const callbackUrl = z
  .string()
  .max(URL_LENGTH_MAX)
  .refine(
    (text) => /^https?:\/\/[!-"$-~]+$/.test(text) && URL.canParse(text),
    'must be an http or https URL, without a fragment',
  )

/** One receipt a message, without a secret and without times: only these of the common members mean something. */
const receiptsSchema = z
  .strictObject({
    allowed_sources: receiptFields.allowed_sources,
    error_codes: receiptFields.error_codes,
  })
  .transform(({ allowed_sources, error_codes }): ReceiptOptions => {
    const causes = { ...TWILIO_CAUSES, ...error_codes }
    return { ...RECEIPTS_DEFAULT, allowedSources: allowed_sources, onePerMessage: true, causes }
  })

export const twilioOptions = z
  .strictObject({
    ...connectionMembers,
    url: connectionMembers.url.default('https://api.twilio.com'),
    account_sid: sid('AC'),
    auth_token: secretMember(),
    api_key_sid: sid('SK').optional(),
    api_key_secret: secretMember().optional(),
    messaging_service_sid: sid('MG').nullable().default(null),
    status_callback: callbackUrl.nullable().default(null),
    receipts: receiptsSchema.prefault({}),
  })
  .superRefine(({ api_key_sid, api_key_secret }, check) => {
    if ((api_key_sid === undefined) === (api_key_secret === undefined)) return
    const path = [api_key_sid === undefined ? 'api_key_sid' : 'api_key_secret']
    check.addIssue({ code: 'custom', path, message: 'is missing: an API key is both' })
  })
  .transform((given): TwilioOptions => {
    const { url, connections, account_sid, api_key_sid, api_key_secret } = given
    return {
      ...{ url, connections, idleTimeoutMs: given.idle_timeout },
      ...{ accountSid: account_sid, authToken: given.auth_token },
      apiKey: api_key_sid && api_key_secret ? { sid: api_key_sid, secret: api_key_secret } : null,
      messagingServiceSid: given.messaging_service_sid,
      statusCallback: given.status_callback,
      receipts: given.status_callback === null ? null : given.receipts,
    }
  })
