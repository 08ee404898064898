import { readFileSync } from 'node:fs'
import * as clob from '@polymarket/bindings/clob'
import * as gamma from '@polymarket/bindings/gamma'
import * as subscriptions from '@polymarket/bindings/subscriptions'
import { finish, settings } from './report.mjs'

/** Rows {schema, value} of a file against the official schemas: how many of each passed, and what was refused. */
const schemas = { ...clob, ...gamma, ...subscriptions }
const passed = {}
const refused = {}
for (const { schema, name, value } of JSON.parse(readFileSync(settings.file, 'utf8'))) {
  const result = schemas[schema]?.safeParse(value)
  if (result?.success) passed[name] = (passed[name] ?? 0) + 1
  else refused[name] ??= (result?.error?.issues ?? [`no schema ${schema}`]).slice(0, 3)
}
finish({ passed, refused })
