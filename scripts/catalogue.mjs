#!/usr/bin/env node
/**
 * Writes src/providers/catalogue/catalogue.json: what models can take and give and what they cost; and
 * src/providers/catalogue/efforts-source.json, with which a test compares what we know of efforts. Models,
 * limits and prices come from the npm package @earendil-works/pi-ai (MIT), each price is held
 * against @pydantic/genai-prices (MIT). Both are fetched into a temporary folder and are no
 * dependencies of ccr. Prices on which the sources differ go to standard error.
 *
 *   npm run catalogue -- [VERSION [VERSION OF THE SECOND]]
 *
 * What the packages call a provider stands in its definition.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PROVIDERS } from '../src/providers/index.ts'
import { effortLines } from './catalogue/efforts.mjs'
import { agreedPrice, priceWords } from './catalogue/prices.mjs'
import { listedPrice, modelSource, priceSource } from './catalogue/sources.mjs'

/** Named, since npm takes an older one as `latest` where the newest asks for a newer Node. */
const [modelsVersion = '1.5.2', pricesVersion = '0.1.8'] = process.argv.slice(2)

/** The providers whose models the packages know: `{piAi, genaiPrices}` of their definitions by id. */
const SOURCES = Object.fromEntries(
  PROVIDERS.filter(({ catalogue }) => 'piAi' in catalogue).map(({ id, catalogue }) => [
    id,
    catalogue,
  ]),
)

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'catalogue-'))
try {
  const date = new Date().toISOString().slice(0, 10)
  const first = await modelSource(modelsVersion, folder)
  const second = await priceSource(pricesVersion, folder, date)
  const rows = Object.keys(SOURCES).map((row) => [row, linesOf(row, first.models, second)])
  const { name, version, license, author } = first.manifest
  const prices = second.manifest
  const catalogue = {
    source: name,
    version,
    licence: license,
    author,
    date,
    prices: { source: prices.name, version: prices.version, licence: prices.license },
    fields:
      'id contextWindow maxOutput abilities(r: reasoning, i: images, -: none); where tokens are sold one by one: mark(=: both sources say so, 1: one source, ~: they differ), USD per million tokens: input output cacheRead cacheWrite cacheWrite1h (0: as input); for requests of more input tokens: >N and the same five; $N: USD per 1000 web searches',
    rows: Object.fromEntries(rows),
  }
  const file = join(root, 'src/providers/catalogue/catalogue.json')
  await writeFile(file, `${JSON.stringify(catalogue, null, 2)}\n`)
  const efforts = Object.keys(SOURCES)
    .map((row) => [row, effortLines(modelsOf(row, first.models))])
    .filter(([, lines]) => lines.length > 0)
  const compared = {
    source: name,
    version,
    licence: license,
    author,
    date,
    fields:
      'id stop(never: it always thinks, switch: by a field of the provider, else the word for it) words that it knows for low, medium, high, xhigh and max; none: it is not told',
    rows: Object.fromEntries(efforts),
  }
  const effortsFile = join(root, 'src/providers/catalogue/efforts-source.json')
  await writeFile(effortsFile, `${JSON.stringify(compared, null, 2)}\n`)
  const count = rows.flatMap(([, lines]) => lines).length
  process.stdout.write(`${String(count)} models of ${name} ${version} in ${file}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** A provider's models, each id once: as the first provider that has it says. */
function modelsOf(row, models) {
  const known = new Map()
  for (const provider of SOURCES[row].piAi) {
    if (models[provider] === undefined) throw new Error(`the package has no provider ${provider}`)
    for (const model of Object.values(models[provider])) {
      if (!known.has(model.id)) known.set(model.id, model)
    }
  }
  return [...known.values()]
}

/** One line for each model, sorted by id. */
function linesOf(row, models, second) {
  const { genaiPrices, reference } = SOURCES[row]
  return modelsOf(row, models)
    .map((model) => {
      const others = [
        ...(genaiPrices === undefined ? [] : second.pricesOf(genaiPrices, model.id)),
        ...(reference === 'reseller' ? ofMaker(model.id, models, second) : []),
      ]
      return lineOf(row, model, others)
    })
    .sort()
}

function lineOf(row, model, others) {
  const { id, contextWindow, maxTokens, reasoning, input } = model
  const abilities = `${reasoning ? 'r' : ''}${input.includes('image') ? 'i' : ''}` || '-'
  const head = [id, contextWindow, maxTokens, abilities]
  const listed = listedPrice(model)
  const price = agreedPrice(listed, others)
  if (price?.mark !== '=' && listed.rates.input > 0 && others.length > 0)
    report(row, id, listed, price)
  if (price === undefined) return head.join(' ')
  const hourly = id.includes('claude-') ? withHourWrites(price) : price
  const searches = others.find((other) => other.searches > 0)?.searches
  const words = [...head, ...priceWords(hourly), ...(searches ? [`$${searches}`] : [])]
  return words.join(' ')
}

/** Twice the input: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#pricing */
function withHourWrites({ rates, tiers, mark }) {
  const full = (step) => ({ ...step, cacheWrite1h: step.cacheWrite1h || 2 * step.input })
  return { rates: full(rates), tiers: tiers.map(full), mark }
}

/** The maker's price of a model that a reseller only passes on. */
function ofMaker(id, models, second) {
  const maker = Object.values(SOURCES).find(({ closedWeights }) => closedWeights?.test(id))
  if (maker === undefined) return []
  const name = plain(id.slice(id.indexOf('/') + 1))
  const found = Object.values(models[maker.piAi[0]]).find((model) => plain(model.id) === name)
  if (found === undefined) return []
  return [listedPrice(found), ...second.pricesOf(maker.genaiPrices, found.id)]
}

function plain(id) {
  return id.toLowerCase().replace(/\./g, '-')
}

function report(row, id, { rates }, price) {
  const listed = `${rates.input} / ${rates.output}`
  const taken =
    price === undefined ? 'left out' : `taken ${price.rates.input} / ${price.rates.output}`
  process.stderr.write(`${row},${id}: the sources differ: ${listed}, ${taken}\n`)
}
