#!/usr/bin/env node
/**
 * Writes src/providers/catalogue.json: what models can take and give and what they cost, from the
 * model data of the npm package @earendil-works/pi-ai (MIT). The package is fetched into a
 * temporary folder and is no dependency of ccr.
 *
 *   node scripts/catalogue.mjs [VERSION]
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const PACKAGE = '@earendil-works/pi-ai'

/** Our rows, and which of the package's providers know their models; the first that has one wins. */
const ROWS = {
  anthropic: ['anthropic'],
  openai: ['openai'],
  azure: ['azure'],
  gemini: ['google'],
  vertex: ['google-vertex'],
  bedrock: ['amazon-bedrock'],
  deepseek: ['deepseek'],
  zai: ['zai', 'zai-coding-cn'],
  moonshot: ['moonshotai', 'moonshotai-cn'],
  'kimi-coding': ['kimi-coding'],
  dashscope: ['qwen-token-plan', 'qwen-token-plan-cn'],
  minimax: ['minimax', 'minimax-cn'],
  mistral: ['mistral'],
  xai: ['xai'],
  groq: ['groq'],
  together: ['together'],
  fireworks: ['fireworks'],
  cerebras: ['cerebras'],
  openrouter: ['openrouter'],
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'catalogue-'))
try {
  const wanted = process.argv[2] ?? 'latest'
  execFileSync('npm', ['pack', `${PACKAGE}@${wanted}`, '--silent', '--pack-destination', folder])
  const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  execFileSync('tar', ['xzf', archive], { cwd: folder })
  const unpacked = join(folder, 'package')
  const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'))
  const { MODELS } = await import(pathToFileURL(join(unpacked, 'dist/models.generated.js')).href)
  const catalogue = {
    source: PACKAGE,
    version: manifest.version,
    licence: manifest.license,
    author: manifest.author,
    date: new Date().toISOString().slice(0, 10),
    fields:
      'id contextWindow maxOutput abilities(r: reasoning, i: images, -: none) and USD per million tokens: input output cacheRead cacheWrite; then for each tier >N (input tokens above) and the same four',
    rows: Object.fromEntries(
      Object.entries(ROWS).map(([row, providers]) => [row, lines(providers, MODELS)]),
    ),
  }
  const file = join(root, 'src/providers/catalogue.json')
  await writeFile(file, `${JSON.stringify(catalogue, null, 2)}\n`)
  const count = Object.values(catalogue.rows).flat().length
  process.stdout.write(`${String(count)} models of ${PACKAGE} ${manifest.version} in ${file}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** One line for each model, sorted by id. */
function lines(providers, models) {
  const known = new Map()
  for (const provider of providers) {
    if (models[provider] === undefined) throw new Error(`the package has no provider ${provider}`)
    for (const model of Object.values(models[provider])) {
      if (!known.has(model.id)) known.set(model.id, line(model))
    }
  }
  return [...known.values()].sort()
}

function line({ id, contextWindow, maxTokens, reasoning, input, cost }) {
  const abilities = `${reasoning ? 'r' : ''}${input.includes('image') ? 'i' : ''}` || '-'
  const tiers = (cost.tiers ?? []).flatMap((tier) => [`>${tier.inputTokensAbove}`, ...rates(tier)])
  return [id, contextWindow, maxTokens, abilities, ...rates(cost), ...tiers].join(' ')
}

function rates({ input, output, cacheRead, cacheWrite }) {
  return [input, output, cacheRead, cacheWrite].map(price)
}

/** Prices come from sums in binary: 0.30000000000000004. */
function price(usd) {
  return String(Number((usd ?? 0).toFixed(6)))
}
