import { z } from 'zod'
import type { DeploymentId, FillId, OrderId, Owner, PositionId, VersionHash } from './ids.ts'
import { LIFECYCLES, type Machine, type StateOf } from './lifecycles.ts'
import type { Price, Shares, Usd } from './money.ts'
import type { Asset, SlotId, WindowId } from './slots.ts'
import type { UnixMs } from './time.ts'

/** Schemas of branded values for all boundaries. A parsed value has its brand, so that no other code asserts one. */

// Brands exist only at compile time; asserting them here costs nothing at run time.
function text<T extends string>(pattern: RegExp, message: string): z.ZodType<T, string> {
  return z.string(message).regex(pattern, message) as z.ZodType<string> as z.ZodType<T, string>
}

function integer<T extends number>(message: string): z.ZodType<T, number> {
  return z.int(message) as z.ZodType<number> as z.ZodType<T, number>
}

export const slotIdSchema = text<SlotId>(/^[A-Z0-9]{2,10}-(5m|15m)$/, 'a slot is written like BTC-5m')
export const assetSchema = text<Asset>(/^[A-Z0-9]{2,10}$/, 'an asset is written like BTC')
/** Venues define their own format. */
export const windowIdSchema = text<WindowId>(/^.{1,200}$/, 'a window is named by its venue')
export const positionIdSchema = text<PositionId>(
  /^P-(?:[0-9a-f]{6}-)?[0-9]+$/,
  'a position is written like P-3fa9c1-12',
)
export const orderIdSchema = text<OrderId>(/^O-(?:[0-9a-f]{6}-)?[0-9]+$/, 'an order is written like O-3fa9c1-12')
/** Venues define their own format. */
export const fillIdSchema = text<FillId>(/^.{1,200}$/, 'a fill is named by its venue')
export const versionHashSchema = text<VersionHash>(
  /^[0-9a-f]{64}$/,
  'a version is named by the 64 hex digits of its hash',
)
export const ownerSchema = text<Owner>(/^(desk|[0-9a-f]{64})$/, 'an owner is desk or the hash of a version')
export const deploymentIdSchema = text<DeploymentId>(/^[\w-]{1,60}$/, 'a deployment is named by its id')

export const usdSchema = integer<Usd>('an amount is an integer of micro-dollars')
export const sharesSchema = integer<Shares>('shares are an integer of micro-shares')
export const priceSchema = integer<Price>('a price is an integer of micro-dollars')
export const unixMsSchema = integer<UnixMs>('a time is in milliseconds UTC')

/** A state of one of the lifecycles. */
export function stateSchema<M extends Machine>(machine: M): z.ZodType<StateOf<M>> {
  return z.custom<StateOf<M>>(
    (value) => typeof value === 'string' && Object.hasOwn(LIFECYCLES[machine], value),
    `not a state of a ${machine}`,
  )
}

export const sideSchema = z.enum(['up', 'down'])
export const orderKindSchema = z.enum(['enter', 'exit'])

/** Parses a JSON text by a schema; undefined if it is not JSON or invalid. */
export function parseJsonText<T>(schema: z.ZodType<T>, json: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}
