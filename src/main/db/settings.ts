import { z } from 'zod'
import {
  deploymentIdSchema,
  parseJsonText,
  slotIdSchema,
  usdSchema,
  versionHashSchema,
} from '../../shared/domain/schemas.ts'
import type { Canary, Caps, Setting } from '../../shared/domain/settings.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { ReadableDb } from './db.ts'
import { all, one } from './rows.ts'

/** Settings made by commands, as rows. Unreadable ones are reported to the operator (I12). */

/** A setting as its row: name, subject, value as JSON. */
export function settingRow(setting: Setting): readonly [name: string, subject: string, json: string] {
  switch (setting.name) {
    case 'caps':
      return [setting.name, '', JSON.stringify(setting.caps)]
    case 'assignment':
      return [setting.name, setting.slot, JSON.stringify(setting.strategy)]
    case 'canary':
      return [setting.name, setting.strategy, JSON.stringify(setting.canary)]
  }
}

/** Reports something that cannot be read. */
type Unreadable = (what: string) => void

const settingColumns = z.object({ subject: z.string(), json: z.string() })
const SETTINGS = 'SELECT subject, json FROM settings WHERE name = ?'

const amount = usdSchema.refine((micro) => micro > 0).optional()
const caps = {
  stakePerOrder: amount,
  exposurePerWindow: amount,
  exposurePerAsset: amount,
  exposurePerAccount: amount,
  ordersPerMinute: z.int().positive().optional(),
  lossPerDay: amount,
}
const capsSchema: z.ZodType<{ readonly [K in keyof Caps]?: Caps[K] | undefined }> = z.strictObject(caps)

/** Caps set by command, as far as they can be read; null if none were set. */
export function readCaps(db: ReadableDb, unreadable: Unreadable): Partial<Caps> | null {
  const stored = one(db, settingColumns, SETTINGS, 'caps')
  if (stored === undefined) return null
  const whole = parseJsonText(capsSchema, stored.json)
  const complete = whole !== undefined && Object.keys(whole).length === Object.keys(caps).length
  if (!complete) unreadable('the caps set by command')
  const found = whole ?? parseJsonText(z.record(z.string(), z.unknown()), stored.json) ?? {}
  // Every readable cap applies, even if others are unreadable.
  return defined({
    stakePerOrder: caps.stakePerOrder.safeParse(found.stakePerOrder).data,
    exposurePerWindow: caps.exposurePerWindow.safeParse(found.exposurePerWindow).data,
    exposurePerAsset: caps.exposurePerAsset.safeParse(found.exposurePerAsset).data,
    exposurePerAccount: caps.exposurePerAccount.safeParse(found.exposurePerAccount).data,
    ordersPerMinute: caps.ordersPerMinute.safeParse(found.ordersPerMinute).data,
    lossPerDay: caps.lossPerDay.safeParse(found.lossPerDay).data,
  })
}

function defined(read: { readonly [K in keyof Caps]: Caps[K] | undefined }): Partial<Caps> {
  const { stakePerOrder, exposurePerWindow, exposurePerAsset, exposurePerAccount, ordersPerMinute, lossPerDay } = read
  return {
    ...(stakePerOrder !== undefined && { stakePerOrder }),
    ...(exposurePerWindow !== undefined && { exposurePerWindow }),
    ...(exposurePerAsset !== undefined && { exposurePerAsset }),
    ...(exposurePerAccount !== undefined && { exposurePerAccount }),
    ...(ordersPerMinute !== undefined && { ordersPerMinute }),
    ...(lossPerDay !== undefined && { lossPerDay }),
  }
}

/** Slots assigned by command. */
export function readAssignments(db: ReadableDb, unreadable: Unreadable): { slot: SlotId; strategy: string }[] {
  return all(db, settingColumns, SETTINGS, 'assignment').flatMap(({ subject, json }) => {
    const slot = slotIdSchema.safeParse(subject)
    const strategy = parseJsonText(z.string(), json)
    if (slot.success && strategy !== undefined) return [{ slot: slot.data, strategy }]
    unreadable(`to which strategy ${subject} was given by command`)
    return []
  })
}

const canarySchema = z
  .strictObject({
    version: versionHashSchema,
    deployment: deploymentIdSchema,
    stakePpm: z.int().positive(),
    slots: z.array(slotIdSchema),
  })
  .nullable()

type SavedCanary = Canary & { readonly strategy: string; readonly slots: readonly SlotId[] }

/** Canaries with their parts. */
export function readCanaries(db: ReadableDb, unreadable: Unreadable): SavedCanary[] {
  return all(db, settingColumns, SETTINGS, 'canary').flatMap(({ subject: strategy, json }) => {
    const canary = parseJsonText(canarySchema, json)
    if (canary === undefined) unreadable(`the part that the canary ${strategy} has`)
    return canary == null ? [] : [{ ...canary, strategy }]
  })
}
