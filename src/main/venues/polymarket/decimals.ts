import { z } from 'zod'
import { MICRO } from '../../../shared/domain/money.ts'

const DECIMAL = /^(\d{1,15})(?:\.(\d+))?$/

/**
 * Reads a decimal of the venue as an integer in millionths, without rounding through a floating-point number.
 * @returns undefined for anything that is not a plain decimal, or that has more than six significant decimals
 */
export function microOf(text: string): number | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, whole = '0', decimals = ''] = match
  if (decimals.length > 6 && /[1-9]/.test(decimals.slice(6))) return undefined
  const micro = Number(whole) * MICRO + Number(decimals.slice(0, 6).padEnd(6, '0'))
  return Number.isSafeInteger(micro) ? micro : undefined
}

/** A decimal that the venue sends as text or as a number, in millionths. */
export const microSchema = z.union([z.string(), z.number()]).transform((value, context) => {
  const micro = microOf(String(value))
  if (micro !== undefined) return micro
  context.addIssue(`not a decimal: ${value}`)
  return z.NEVER
})

/** A number that the venue sends as text or as a number. */
export const numberSchema = z.union([z.string(), z.number()]).transform((value, context) => {
  const number = value === '' ? Number.NaN : Number(value)
  if (Number.isFinite(number)) return number
  context.addIssue(`not a number: ${value}`)
  return z.NEVER
})
