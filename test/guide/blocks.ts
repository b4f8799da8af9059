/**
 * The shell commands of the Multi-Session Support Guide, which is the specification of sessions,
 * copied from it as they are, in its order, and the listing that it shows. Where the guide itself
 * is at hand, blocks.test.ts compares.
 */
export interface Block {
  /** The heading in the guide under which it stands. */
  readonly heading: string
  readonly script: string
}

export const BLOCKS: readonly Block[] = [
  {
    heading: 'Starting a Session with a Specific Model',
    script: `# Start a session with OpenRouter's GPT-4
CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr start

# Start a session with Anthropic's Claude 3 Opus
CCR_MODEL_PREFERENCE=anthropic,claude-3-opus ccr start

# Start a session with just a model name (will find first available provider)
CCR_MODEL_PREFERENCE=gpt-4-turbo ccr start
`,
  },
  {
    heading: 'Using Claude Code with a Specific Model',
    script: `# Use GPT-4 session
CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr code "Write a function to sort an array"

# Use Claude Opus session
CCR_MODEL_PREFERENCE=anthropic,claude-3-opus ccr code "Explain quantum computing"

# Use default session (no preference)
ccr code "Hello, world!"
`,
  },
  {
    heading: 'View All Active Sessions',
    script: `ccr sessions
`,
  },
  {
    heading: 'Check Status of a Specific Session',
    script: `CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr status
`,
  },
  {
    heading: 'Stop a Specific Session',
    script: `CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr stop
`,
  },
  {
    heading: 'Restart a Specific Session',
    script: `CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr restart
`,
  },
  {
    heading: 'Provider and Model',
    script: `# Comma-separated
CCR_MODEL_PREFERENCE=openrouter,gpt-4

# Slash-separated
CCR_MODEL_PREFERENCE=openrouter/gpt-4
`,
  },
  {
    heading: 'Model Only',
    script: `# Just model name (searches all providers)
CCR_MODEL_PREFERENCE=gpt-4-turbo
`,
  },
  {
    heading: 'Terminal 1 - GPT-4 Session',
    script: `# Start GPT-4 router
CCR_MODEL_PREFERENCE=openrouter/gpt-4-turbo ccr start

# Use GPT-4 for coding
CCR_MODEL_PREFERENCE=openrouter/gpt-4-turbo ccr code "Implement a REST API"
`,
  },
  {
    heading: 'Terminal 2 - Claude Opus Session',
    script: `# Start Claude Opus router
CCR_MODEL_PREFERENCE=anthropic,claude-3-opus-20240229 ccr start

# Use Claude Opus for analysis
CCR_MODEL_PREFERENCE=anthropic,claude-3-opus-20240229 ccr code "Analyze this codebase"
`,
  },
  {
    heading: 'Terminal 3 - Claude Sonnet Session',
    script: `# Start Claude Sonnet router
CCR_MODEL_PREFERENCE=anthropic,claude-3-5-sonnet-20241022 ccr start

# Use Claude Sonnet for quick tasks
CCR_MODEL_PREFERENCE=anthropic,claude-3-5-sonnet-20241022 ccr code "Fix this bug"
`,
  },
  {
    heading: 'Switching Between Sessions',
    script: `# Use GPT-4
CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr code "Task 1"

# Switch to Claude
CCR_MODEL_PREFERENCE=anthropic,claude-3-opus ccr code "Task 2"

# Use default (no preference)
ccr code "Task 3"
`,
  },
  {
    heading: 'Shell Aliases (Optional)',
    script: `# Add to ~/.bashrc or ~/.zshrc
alias ccr-gpt4='CCR_MODEL_PREFERENCE=openrouter/gpt-4-turbo ccr'
alias ccr-opus='CCR_MODEL_PREFERENCE=anthropic,claude-3-opus-20240229 ccr'
alias ccr-sonnet='CCR_MODEL_PREFERENCE=anthropic,claude-3-5-sonnet-20241022 ccr'

# Usage
ccr-gpt4 code "Use GPT-4"
ccr-opus code "Use Claude Opus"
ccr-sonnet code "Use Claude Sonnet"
`,
  },
]

/** What `ccr sessions` prints, under "View All Active Sessions". */
export const LISTING = `Active Sessions:
================

Session ID: a3f2d8e1
Model: openrouter/gpt-4
Port: 3456
PID: 12345
Reference Count: 1

Session ID: b7c9a4f2
Model: anthropic,claude-3-opus
Port: 3457
PID: 12346
Reference Count: 2
`
