/** The text of the config that `ccr init` writes. */
import type { Candidate } from './detect.ts'
import type { HostedProvider } from './known-providers.ts'

export interface Plan {
  readonly providers: readonly Candidate[]
  /** `provider,model` */
  readonly defaultModel: string
  /** Whether config.schema.json is written beside it, for editors. */
  readonly schema: boolean
  /** Providers to mention in a comment. */
  readonly others: readonly HostedProvider[]
}

const HEAD = `// The config of ccr (Claude Code Router). Comments and trailing commas are fine.
// \${NAME} takes a variable of your environment, so that no key is written here.
// After a change: ccr config check`

const SCENARIOS = `    // Each of these may have a model of its own: ccr model set think PROVIDER,MODEL
    // "background": "PROVIDER,MODEL",  // titles, summaries and other auxiliary requests
    // "think": "PROVIDER,MODEL",       // plan mode and high effort
    // "longContext": "PROVIDER,MODEL", // more than "longContextThreshold" tokens
    // "webSearch": "PROVIDER,MODEL",
    // "image": "PROVIDER,MODEL",`

/** The text of a new config.json. It contains names of variables, never their values. */
export function configText({ providers, defaultModel, schema, others }: Plan): string {
  return `${HEAD}
{
${schema ? '  "$schema": "./config.schema.json",\n\n' : ''}  "Providers": [
${providers.map(entry).join('')}${others.length === 0 ? '' : mention(others)}  ],

  "Router": {
    // Where requests go when CCR_MODEL_PREFERENCE names no model. Change it with: ccr model
    "default": ${JSON.stringify(defaultModel)},

${SCENARIOS}
  },
}
`
}

function entry({ name, url, variable, models, found }: Candidate): string {
  const key = variable === undefined ? '' : `\n      "api_key": "\${${variable}}",`
  const list = models.map((model) => `        ${JSON.stringify(model)},\n`).join('')
  return `    // ${found}
    {
      "name": ${JSON.stringify(name)},
      "api_base_url": ${JSON.stringify(url)},${key}
      "models": [
${list}      ],
    },
`
}

/** A commented-out line for each provider that could be added. */
function mention(others: readonly HostedProvider[]): string {
  const lines = others.map(({ name, url, variables, models }) => {
    const members = [
      `"name": "${name}"`,
      `"api_base_url": "${url}"`,
      `"api_key": "\${${variables[0] ?? ''}}"`,
      `"models": ${JSON.stringify(models)}`,
    ]
    return `    // { ${members.join(', ')} },\n`
  })
  return `    // Others, to be uncommented:\n${lines.join('')}`
}
