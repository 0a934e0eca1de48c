import {
  DELIVERY_COLUMNS,
  deliveryFields,
  marginFields,
  messageFields,
  spendFields,
  toDeliveryFields,
  toMarginFields,
  toMessageFields,
  toSpendFields,
} from './rowFields.ts'
import type { ReportKind } from './reports.ts'

export const MESSAGES = {
  ...{
    name: 'messages',
    columns: ['parts'],
    fields: messageFields,
    toFields: toMessageFields,
    isMoney: false,
  },
} as const satisfies ReportKind

export const SPEND = {
  ...{
    name: 'spend',
    columns: ['parts', 'charged', 'refunded'],
    fields: spendFields,
    toFields: toSpendFields,
  },
  isMoney: true,
} as const satisfies ReportKind

/** For admins alone: customers see neither cost nor margin. */
export const MARGIN = {
  ...{
    name: 'margin',
    columns: ['parts', 'charged', 'refunded', 'cost', 'costed'],
    fields: marginFields,
    toFields: toMarginFields,
  },
  isMoney: true,
} as const satisfies ReportKind

export const DELIVERY = {
  ...{ name: 'delivery', columns: DELIVERY_COLUMNS, fields: deliveryFields, toFields: toDeliveryFields },
  isMoney: false,
} as const satisfies ReportKind
