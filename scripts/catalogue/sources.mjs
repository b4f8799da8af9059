/** The packages that know models and prices, each read in its way. */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FIELDS } from './prices.mjs'

/** Unpacks a package below a folder; never its dependencies, and none of its scripts run. */
async function unpack(name, version, folder) {
  const target = join(folder, name.replace(/\W/g, '_'))
  await mkdir(target)
  execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', target])
  const [archive] = (await readdir(target)).filter((file) => file.endsWith('.tgz'))
  execFileSync('tar', ['xzf', archive], { cwd: target })
  const unpacked = join(target, 'package')
  const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'))
  return { manifest, load: (file) => import(pathToFileURL(join(unpacked, file)).href) }
}

/** `@earendil-works/pi-ai`: limits, abilities and prices. */
export async function modelSource(version, folder) {
  const { manifest, load } = await unpack('@earendil-works/pi-ai', version, folder)
  const { MODELS } = await load('dist/models.generated.js')
  return { manifest, models: MODELS }
}

/** The rates and tiers of one of its models. */
export function listedPrice({ cost }) {
  const tiers = (cost.tiers ?? []).map((tier) => ({ over: tier.inputTokensAbove, ...rates(tier) }))
  return { rates: rates(cost), tiers }
}

function rates(cost) {
  return Object.fromEntries(FIELDS.map((field) => [field, cost[field] ?? 0]))
}

/** Its names of our fields. */
const NAMES = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
}

/** Prices of some providers change with the hour; UTC. */
const HOURS = [2, 8, 13]

/** `@pydantic/genai-prices`: prices alone. */
export async function priceSource(version, folder, date) {
  const { manifest, load } = await unpack('@pydantic/genai-prices', version, folder)
  const { calcPrice } = await load('dist/index.js')
  const at = HOURS.map((hour) => new Date(`${date}T${String(hour).padStart(2, '0')}:30:00Z`))
  return {
    manifest,
    /** Prices of a model under this id, its date aside: the package's own search finds relatives too. */
    pricesOf(provider, id) {
      const found = at.map((timestamp) => calcPrice({}, id, { providerId: provider, timestamp }))
      const same = found.filter(
        (price) => price !== null && undated(price.model.id) === undated(id),
      )
      const prices = same.map(({ model_price: price }) => readPrice(price))
      return prices.filter(
        (price, n) => prices.findIndex((p) => p.rates.input === price.rates.input) === n,
      )
    },
  }
}

/** `claude-sonnet-4-5-20250929` and Bedrock's `…-20250929-v1:0` without what follows the name. */
function undated(id) {
  return id.toLowerCase().replace(/(?:-\d{8})?(?:-v\d+(?::\d+)?)?$/, '')
}

function readPrice(price) {
  const entries = Object.entries(NAMES)
  const base = ([field, name]) => [field, price[name]?.base ?? price[name] ?? 0]
  const starts = [...new Set(entries.flatMap(([, name]) => price[name]?.tiers ?? []).map(startOf))]
  const tiers = starts.map((over) => {
    const step = ([field, name]) => [
      field,
      price[name]?.tiers?.find((tier) => startOf(tier) === over)?.price ?? base([field, name])[1],
    ]
    return { over, ...Object.fromEntries(entries.map(step)) }
  })
  return {
    rates: Object.fromEntries(entries.map(base)),
    tiers,
    searches: price.web_searches_kcount ?? 0,
  }
}

/** It counts from 271,999 where the providers say "more than 272,000". */
function startOf({ start }) {
  return Math.round(start / 1000) * 1000
}
